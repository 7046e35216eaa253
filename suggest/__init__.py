"""Understanding and suggesting: encoder, intent classifier, ranking, training, evaluation. No sockets, no database."""

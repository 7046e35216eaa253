"""Knowledge base: articles, packs, text normalisation and the hybrid index. Imports nothing else of Tici."""

"""A name for a customer that says nothing about them."""

import hashlib
import hmac


def customer_mark(secret: bytes, tenant: str, customer: str) -> str:
    """SHA-256 of the tenant's secret and the customer's reference, 64 hex digits.

    Who knows the reference and the secret can find the customer's receipts; nobody else learns anything.
    """
    key = hmac.digest(secret, f"customer:{tenant}".encode(), "sha256")
    return hmac.new(key, customer.encode(), hashlib.sha256).hexdigest()

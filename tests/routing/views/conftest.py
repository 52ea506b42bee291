from tests.filing import bring, take

__all__ = ["bring", "take"]

"""Who can log in to the demo. All of them have the password that the launcher makes and prints."""

from typing import NamedTuple


class Login(NamedTuple):
    username: str
    role: str  # of accounts.Role
    purpose: str

    def offered(self, password: str) -> dict[str, str]:
        """As the log-in page shows it."""
        word, _colon, _rest = self.purpose.partition(":")
        return {"username": self.username, "password": password, "role": word.capitalize(), "code": self.role}


LOGINS = (
    Login("manager", "operations_manager", "operations manager: start here"),
    Login("picker", "store_associate", "store associate, one store, made for a phone"),
    Login("executive", "executive", "executive: how well it goes"),
    Login("service", "customer_service", "customer service"),
    Login("admin", "administrator", "administrator"),
)

"""Errors that a user can cause and fix: shown as one line, with exit code 2 and no traceback. Bugs keep their traceback."""


class UserError(Exception):
    """A wrong flag, file or machine. The message is one line: what is wrong, where, and what to do."""


class Busy(UserError):
    """Another process is writing to the same folder."""


class Interrupted(Exception):
    """Ctrl-C or SIGTERM, after everything was saved. The message says how to continue."""


def last_line(problem: BaseException) -> str:
    """The last line of an error's message, or the name of its class if the message is empty."""
    return (str(problem).strip().splitlines() or [type(problem).__name__])[-1].strip()

"""What a user can cause and mend: shown as one clear line, exit code 2, no traceback. Bugs keep their traceback."""


class UserError(Exception):
    """A wrong flag, file or machine; the message says what, where and what to do, in one line."""


class Busy(UserError):
    """Another process is at work where this one is to write."""


def last_line(problem: BaseException) -> str:
    """The last line of an error's message, or the name of its class if the message is empty."""
    return (str(problem).strip().splitlines() or [type(problem).__name__])[-1].strip()


class Interrupted(Exception):
    """Ctrl-C or SIGTERM, after everything was saved; the message says how to go on."""

"""Find PostgreSQL for the database tests, install it where the user is root, run a throw-away one.

Run by `make test`. Exits with 1 and the one command that gets it where it can do neither.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NEEDED = ("initdb", "pg_ctl", "postgres")
PLACES = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
    ("/Applications/Postgres.app/Contents/Versions", "*/bin"),
    (r"C:\Program Files\PostgreSQL", "*/bin"),
)
GET = {
    "linux": "sudo apt-get install postgresql",
    "darwin": "brew install postgresql",
    "win32": "winget install PostgreSQL.PostgreSQL.17",
}
UNPRIVILEGED = ("postgres", "nobody")
ATTEMPTS = 5
OWNER = "keeper"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
full_page_writes = off
shared_buffers = 16MB
max_connections = 20
lc_messages = 'C'
"""


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL on this machine. ``password``: of its owner, made up for this run."""

    port: int
    password: str = field(repr=False)

    def url(self, user: str = OWNER, password: str | None = None, database: str = "") -> str:
        from urllib.parse import quote

        said = quote(self.password if password is None else password, safe="")
        return f"postgresql://{user}:{said}@127.0.0.1:{self.port}/{database or 'postgres'}"


def find() -> Path | None:
    """Return the folder of the server's programs: $PGBIN, the usual places, then the path.

    The newest version goes first; a program on the path may be a link into one of the places.
    """
    named = os.environ.get("PGBIN")
    folders = [Path(named)] if named else []
    for place, pattern in PLACES:
        folders += sorted(Path(place).glob(pattern), key=_version, reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    return next((folder for folder in folders if _is_whole(folder)), None)


def _version(folder: Path) -> list[int]:
    digits = "".join(sign if sign.isdigit() else " " for sign in folder.parent.name)
    return [int(number) for number in digits.split()]


def _is_whole(folder: Path) -> bool:
    return all(shutil.which(name, path=str(folder)) for name in NEEDED)


def is_root() -> bool:
    """Return whether the user may install system packages without asking."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def how_to_get() -> str:
    """Return the one command that installs PostgreSQL, for people."""
    return (
        "The database tests need PostgreSQL. Get it with:\n"
        f"    {GET.get(sys.platform, GET['linux'])}\n"
        "or name the folder of its programs that you have: PGBIN=/path/to/bin make test\n"
    )


def install() -> None:
    """Install PostgreSQL with apt-get; no database of the system's own is made or started."""
    quiet: dict[str, Any] = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    no_cluster = Path("/etc/postgresql-common/createcluster.d/geodemand-tests.conf")
    made = not no_cluster.exists()
    if made:
        no_cluster.parent.mkdir(parents=True, exist_ok=True)
        no_cluster.write_text("create_main_cluster = false\n", encoding="utf-8")
    try:
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # noqa: S607
        install = ["apt-get", "install", "-y", "-qq", "postgresql"]
        subprocess.run(install, check=False, **quiet)
    finally:
        if made:
            no_cluster.unlink()


@contextmanager
def running() -> Iterator[Server]:
    """Give a PostgreSQL of its own: a new data folder, a free loopback port; removed afterwards."""
    programs = find()
    if programs is None:
        raise FileNotFoundError(how_to_get())
    folder = Path(tempfile.mkdtemp(prefix="geodemand-postgres-"))
    try:
        account = _account(folder)
        password = os.urandom(16).hex()
        _make(programs, folder, password, account)
        port = _start(programs, folder, account)
        try:
            yield Server(port, password)
        finally:
            _run([programs / "pg_ctl", "stop", "-D", folder / "data", "-m", "immediate"], account)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account(folder: Path) -> dict[str, Any]:
    """Return how programs are started: as another user where we are root, which initdb refuses."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    how: dict[str, Any] = {"cwd": folder, "env": {**kept, "LC_ALL": "C", "HOME": str(folder)}}
    if is_root():
        import pwd

        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = next(known[name] for name in UNPRIVILEGED if name in known)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        how |= {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    return how


def _make(programs: Path, folder: Path, password: str, account: dict[str, Any]) -> None:
    secret, data = folder / "password", folder / "data"
    secret.write_text(password, encoding="utf-8")
    if "user" in account:
        os.chown(secret, account["user"], account["group"])
    secret.chmod(0o600)
    options = ["--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "--no-sync"]
    names = [f"--username={OWNER}", f"--pwfile={secret}", "-D", data]
    _run([programs / "initdb", *options, *names], account)
    with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)


def _start(programs: Path, folder: Path, account: dict[str, Any]) -> int:
    """Start the server; another program may take a free port before it does: try again."""
    for attempt in range(ATTEMPTS):
        port = _free_port()
        log, data = folder / "log", folder / "data"
        start = [programs / "pg_ctl", "start", "-w", "-t", "60", "-D", data, "-l", log]
        try:
            _run([*start, "-o", f"-p {port}"], account)
        except RuntimeError:
            if attempt == ATTEMPTS - 1:
                said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
                message = f"PostgreSQL does not start:\n{said}"
                raise RuntimeError(message) from None
        else:
            return port
    raise AssertionError


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _run(command: list[object], account: dict[str, Any]) -> None:
    # No pipes: the server would inherit them and keep them open.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
            **account,
        )
        if done.returncode:
            said.seek(0)
            message = f"{command[0]} failed:\n{said.read().decode(errors='replace')}"
            raise RuntimeError(message)


def main() -> int:
    """Make sure of a PostgreSQL; return the exit code."""
    if find() is None and is_root() and shutil.which("apt-get"):
        install()
    found = find()
    if found is None:
        sys.stderr.write(how_to_get())
        return 1
    sys.stdout.write(f"PostgreSQL: {found}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

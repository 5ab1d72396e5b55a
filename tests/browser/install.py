"""Installs Chromium and nginx where they are missing: by apt, or else Playwright's own Chromium.

Without nginx the tests of replicas are skipped. Without Chromium the exit code is not 0.
"""

import os
import shutil
import subprocess
import sys

CHROMIUM = ("chromium", "chromium-browser")


def is_installed(*commands: str) -> bool:
    """Whether one of the commands is on PATH or in /usr/sbin."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    return any(shutil.which(command, path=path) for command in commands)


def missing_packages() -> list[str]:
    """The Debian packages to install."""
    packages = [] if is_installed(*CHROMIUM) else ["chromium", "fonts-dejavu-core"]
    return packages if is_installed("nginx") else [*packages, "nginx"]


def install_packages(packages: list[str]) -> None:
    """Install by apt, where it exists and the user is root; what it cannot install stays missing."""
    if not packages or not shutil.which("apt-get") or os.geteuid() != 0:
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "--quiet"], install):
        if subprocess.run(command, env=environment).returncode != 0:
            return
    if "nginx" in packages:  # the tests start one of their own: the service is not wanted, now or at the next boot
        for command in (["service", "nginx", "stop"], ["update-rc.d", "nginx", "disable"]):
            subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def main() -> int:
    install_packages(missing_packages())
    if not is_installed("nginx"):
        print("nginx is missing: the tests of several replicas will be skipped.", file=sys.stderr)
    if is_installed(*CHROMIUM):
        return 0
    return subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"]).returncode


if __name__ == "__main__":
    sys.exit(main())

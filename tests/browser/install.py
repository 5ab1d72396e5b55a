"""Makes sure that Chromium and nginx are there: the system's, else Debian's packages, else Playwright's own Chromium.

Without nginx the tests of several replicas are skipped; without Chromium the exit code is not 0.
"""

import os
import shutil
import subprocess
import sys

CHROMIUM = ("chromium", "chromium-browser")


def is_installed(*commands: str) -> bool:
    """Whether one of them is found, also among those of the system's administrator."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    return any(shutil.which(command, path=path) for command in commands)


def missing_packages() -> list[str]:
    """Debian's packages that are still wanted."""
    packages = [] if is_installed(*CHROMIUM) else ["chromium", "fonts-dejavu-core"]
    return packages if is_installed("nginx") else [*packages, "nginx"]


def install_packages(packages: list[str]) -> None:
    """By apt, where there is one and this is its user; what it cannot bring stays missing."""
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

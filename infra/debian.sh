#!/bin/sh
# Installs the Debian packages that are named and missing: infra/debian.sh nginx-light haproxy
# Their daemons are not started: what runs them here takes free ports and configs of its own.
set -eu

missing=
for package in "$@"; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "infra/debian.sh needs root to install:$missing" >&2
  exit 1
fi

# Without a policy a package starts its daemon on all interfaces while it is installed.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  made=yes
fi
restore() { [ -z "$made" ] || rm -f "$policy"; }
trap restore EXIT

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of names
apt-get install -qq -y --no-install-recommends $missing

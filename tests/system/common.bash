# Shared by the .bats files. Everything runs inside tests/support/sandbox: one network namespace, one store per file.
# What is checked is read from inside the containers or from the kernel, not from skiff's own output, where that is possible.

export PATH=$SKIFF_BIN:$PATH

# SKIFF_TEST_RUNTIME: another OCI runtime than crun for every command.
if [[ -n ${SKIFF_TEST_RUNTIME:-} && ${SKIFF_SANDBOX:-} == 1 ]]; then
  mkdir -p /run/with-runtime
  printf '#!/bin/sh\nexec %s/skiff --runtime %s "$@"\n' "$SKIFF_BIN" "$SKIFF_TEST_RUNTIME" > /run/with-runtime/skiff
  chmod +x /run/with-runtime/skiff
  export PATH=/run/with-runtime:$PATH
fi

# A command that runs on, but ends at the stop signal: a plain `sleep` as process 1 would not hear it.
idle='trap exit TERM; sleep 1000 & wait'
or_idle() { if [[ $1 == "sleep 1000" ]]; then echo "$idle"; else echo "$1"; fi; }

common_setup_file() {
  [[ ${SKIFF_SANDBOX:-} == 1 ]] || { echo "run me through tests/support/sandbox" >&2; exit 1; }
  skiff image load -i "$SKIFF_TEST_IMAGES/busybox.tar" > /dev/null
}

# play [FLAG...] < YAML; in a bats `run` friendly way.
play() {
  timeout 180 skiff kube play "$@" -
}

in_pod() {  # POD CONTAINER COMMAND...
  local container=$1-$2
  shift 2
  timeout 120 skiff exec "$container" "$@"
}

# eventually SECONDS COMMAND...: until it succeeds. The seconds are those of an idle machine: under load all takes longer, and
# waiting for what comes true costs nothing.
eventually() {
  local deadline=$((SECONDS + 10 * $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || { echo "never came true: $*" >&2; return 1; }
    sleep 0.1
  done
}

output_has() {  # COMMAND's output, as collected by `run`
  [[ $output == *"$1"* ]] || { echo "missing: $1"; echo "output: $output"; return 1; }
}

remove_all() {
  skiff pod rm -f -t 0 -a > /dev/null 2>&1 || true
  skiff rm -f -t 0 -a > /dev/null 2>&1 || true
}

# What must be gone when the last pod is gone: processes, mounts, namespaces, links, rules, cgroups, leases, folders.
leftovers() {
  local found=
  found+=$(pgrep -a skiff-reaper; pgrep -a skiff-superv; pgrep -a skiff-pause; pgrep -a skiff-dns)
  found+=$(grep -E ' /(var/lib|run)/skiff/' /proc/self/mountinfo || true)
  found+=$(ip -j link | jq -r '.[].ifname' | grep -v '^lo$' || true)
  found+=$(nft list tables | grep skiff || true)
  found+=$(find /sys/fs/cgroup -type d -path '*skiff/*' || true)
  # The directory of leases too: the last bridge takes it along.
  found+=$(find /run/skiff/leases /run/skiff/networks/pods ! -path /run/skiff/networks/pods 2>/dev/null || true)
  found+=$(find /run/skiff/pods /var/lib/skiff/pods -mindepth 1 -maxdepth 1 2>/dev/null || true)
  found+=$(crun --root /run/skiff/runtime list -q 2>/dev/null || true)
  echo "$found"
}

assert_nothing_left() {
  local found deadline=$((SECONDS + 30))
  while ((SECONDS < deadline)); do
    found=$(leftovers)
    [[ -n $found ]] || return 0
    sleep 0.2
  done
  echo "left behind: $found"
  return 1
}

# Container and pod fields, checked from inside the container (kube-fields: sections 2, 2.2 and 2.7).

load common

setup_file() {
  common_setup_file
  skiff image load -i "$SKIFF_TEST_IMAGES/app.tar" > /dev/null
}
teardown() { remove_all; }

# one_container NAME: container fields (YAML, indented by 6) on standard input.
one_container() {
  {
    printf 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  labels: {tier: front, odd.key/x: "1"}\n  annotations: {note: "a b"}\nspec:\n  terminationGracePeriodSeconds: 1\n' "$1"
    [[ -z ${POD_FIELDS:-} ]] || printf '%s\n' "$POD_FIELDS"
    printf '  containers:\n    - name: c\n'
    cat
  } | play
}

# On a v2 tree without controllers a limit that is asked for is an error.
can_limit() { [[ -d /sys/fs/cgroup/memory ]] || grep -qw memory /sys/fs/cgroup/cgroup.controllers; }

logs_of() { eventually 10 sh -c "[ \"\$(skiff inspect --format '{{.State.Status}}' $1)\" = exited ]"; skiff logs "$1"; }

@test "command and args against ENTRYPOINT and CMD" {
  POD_FIELDS='  restartPolicy: Never'
  one_container none <<< '      image: localhost/app:1'
  one_container args <<< $'      image: localhost/app:1\n      args: [a, b]'
  one_container command <<< $'      image: localhost/app:1\n      command: [echo, only]'
  one_container both <<< $'      image: localhost/app:1\n      command: [echo, x]\n      args: [z]'
  [ "$(logs_of none-c)" = "entry cmd" ]
  [ "$(logs_of args-c)" = "entry a b" ]
  [ "$(logs_of command-c)" = "only" ]
  [ "$(logs_of both-c)" = "x z" ]
}

@test "environment: expansion, image variables, ConfigMap, Secret, fields and resources" {
  can_limit || skip "no memory controller here"
  play << YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data: {k1: v1, k2: "two words"}
---
apiVersion: v1
kind: Secret
metadata: {name: sec}
stringData: {password: s3cret}
data: {coded: aGVsbG8=}
---
apiVersion: v1
kind: Pod
metadata: {name: env, labels: {tier: front}, annotations: {note: "a b"}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/app:1
      command: [sh, -c, 'sleep 1000; : \$(A) \$(FROM_IMAGE) \$\$(A)']
      envFrom: [{prefix: P_, configMapRef: {name: cm}}, {secretRef: {name: sec}}, {configMapRef: {name: absent, optional: true}}]
      env:
        - {name: A, value: one}
        - {name: B, value: "\$(A)-\$(P_k1)-\$(NOPE)-\$\$(A)"}
        - {name: C, valueFrom: {configMapKeyRef: {name: cm, key: k2}}}
        - {name: D, valueFrom: {secretKeyRef: {name: sec, key: coded}}}
        - {name: E, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: F, valueFrom: {fieldRef: {fieldPath: "metadata.labels['tier']"}}}
        - {name: G, valueFrom: {fieldRef: {fieldPath: "metadata.annotations['note']"}}}
        - {name: H, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
        - {name: I, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
        - {name: J, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        - {name: K, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: L, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}
        - {name: M, valueFrom: {configMapKeyRef: {name: cm, key: missing, optional: true}}}
        - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
      resources: {limits: {memory: 64Mi}}
YAML
  run in_pod env c env
  for wanted in FROM_IMAGE=yes P_k1=v1 'P_k2=two words' password=s3cret coded=hello A=one 'B=one-v1-$(NOPE)-$(A)' 'C=two words' \
    D=hello E=env F=front 'G=a b' I=64 J=default "K=$(hostname)"; do
    grep -qxF "$wanted" <<< "$output" || { echo "missing: $wanted"; echo "$output"; false; }
  done
  ! grep -q '^M=' <<< "$output" || false
  grep -qE '^L=[0-9a-f]{8}-[0-9a-f]{4}-' <<< "$output"
  ip=$(sed -n 's/^H=//p' <<< "$output")
  in_pod env c ip addr show eth0 | grep -qF "inet $ip/"
  [ "$(in_pod env c cat /proc/1/cmdline | tr '\0' '|')" = 'sh|-c|sleep 1000; : one $(FROM_IMAGE) $(A)|' ]
}

@test "workingDir, tty, stdin" {
  one_container wd <<< $'      image: localhost/busybox:latest\n      workingDir: /new/place\n      tty: true\n      stdin: true\n      command: [sleep, "1000"]'
  [ "$(in_pod wd c readlink /proc/1/cwd)" = /new/place ]
  [[ $(in_pod wd c readlink /proc/1/fd/1) == /dev/pts/* || $(in_pod wd c readlink /proc/1/fd/1) == /dev/console ]]
}

@test "requests and limits become cgroup values" {
  if ! can_limit; then
    run one_container res <<< $'      image: localhost/busybox:latest\n      resources: {limits: {cpu: 500m}}'
    [ "$status" -eq 125 ]
    output_has 'controller "cpu" is not enabled'
    return
  fi
  one_container res << 'YAML'
      image: localhost/busybox:latest
      command: [sleep, "1000"]
      resources: {requests: {cpu: 250m, memory: 16Mi}, limits: {cpu: 500m, memory: 32Mi}}
YAML
  pid=$(skiff inspect --format '{{.State.Pid}}' res-c)
  if [[ -d /sys/fs/cgroup/memory ]]; then
    memory=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' "/proc/$pid/cgroup")
    cpu=/sys/fs/cgroup/cpu$(sed -n 's/^[0-9]*:cpu://p' "/proc/$pid/cgroup")
    [ "$(cat "$memory/memory.limit_in_bytes")" = $((32 << 20)) ]
    [ "$(cat "$cpu/cpu.shares")" = 256 ]
    [ "$(cat "$cpu/cpu.cfs_quota_us")" = 50000 ]
    [ "$(cat "$cpu/cpu.cfs_period_us")" = 100000 ]
    # The pod's own group, one level up: the sum, and limits because every container has them.
    [ "$(cat "$(dirname "$memory")/memory.limit_in_bytes")" = $((32 << 20)) ]
    [ "$(cat "$(dirname "$cpu")/cpu.shares")" = 256 ]
  else
    group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
    [ "$(cat "$group/memory.max")" = $((32 << 20)) ]
    [ "$(cat "$group/cpu.max")" = "50000 100000" ]
    [ "$(cat "$group/memory.oom.group")" = 1 ]
    [ "$(cat "$(dirname "$group")/memory.max")" = $((32 << 20)) ]
  fi
  total=$(awk '/MemTotal/ {printf "%.0f", $2 * 1024}' /proc/meminfo)
  [ "$(cat "/proc/$pid/oom_score_adj")" = $(( 1000 - 1000 * (16 << 20) / total )) ] || [ "$(cat "/proc/$pid/oom_score_adj")" = 999 ]
}

@test "a container over its memory limit is killed and named OOMKilled" {
  can_limit || skip "no memory controller here"
  POD_FIELDS='  restartPolicy: Never'
  one_container oom << 'YAML'
      image: localhost/busybox:latest
      command: [sh, -c, "dd if=/dev/zero of=/dev/null bs=200M count=1"]
      resources: {limits: {memory: 20Mi}}
YAML
  eventually 10 sh -c '[ "$(skiff inspect --format "{{.State.ExitCode}}" oom-c)" = 137 ]'
  [ "$(skiff inspect --format '{{.State.OOMKilled}}' oom-c)" = true ]
}

@test "users, groups and capabilities" {
  POD_FIELDS='  securityContext: {runAsUser: 1234, runAsGroup: 2345, fsGroup: 3456, supplementalGroups: [4567]}'
  one_container user <<< $'      image: localhost/busybox:latest\n      command: [sleep, "1000"]'
  run in_pod user c id
  output_has "uid=1234"
  output_has "gid=2345"
  output_has 3456
  output_has 4567
  POD_FIELDS=
  one_container image-user <<< $'      image: localhost/app:1\n      command: [sleep, "1000"]'
  output=$(in_pod image-user c id) && output_has "uid=1000"
  one_container caps << 'YAML'
      image: localhost/busybox:latest
      command: [sleep, "1000"]
      securityContext: {capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}, allowPrivilegeEscalation: false}
YAML
  run in_pod caps c cat /proc/1/status
  grep -qE '^CapBnd:\s0000000000000400$' <<< "$output"
  grep -qE '^CapEff:\s0000000000000400$' <<< "$output"
  grep -qE '^NoNewPrivs:\s1$' <<< "$output"
  grep -qE '^Seccomp:\s2$' <<< "$output"
  one_container default-caps <<< $'      image: localhost/busybox:latest\n      command: [sleep, "1000"]'
  in_pod default-caps c cat /proc/1/status | grep -qE '^CapEff:\s00000000a80425fb$'
}

@test "runAsNonRoot refuses a root image, in words" {
  run one_container root <<< $'      image: localhost/busybox:latest\n      securityContext: {runAsNonRoot: true}'
  [ "$status" -eq 125 ]
  output_has "container has runAsNonRoot and image will run as root"
  assert_nothing_left
}

@test "privileged and read-only root" {
  one_container priv <<< $'      image: localhost/busybox:latest\n      command: [sleep, "1000"]\n      securityContext: {privileged: true}'
  in_pod priv c cat /proc/1/status | grep -qE '^Seccomp:\s0$'
  in_pod priv c sh -c 'touch /sys/fs/cgroup 2>/dev/null; test -e /dev/kmsg'
  one_container ro <<< $'      image: localhost/busybox:latest\n      command: [sleep, "1000"]\n      securityContext: {readOnlyRootFilesystem: true}'
  run in_pod ro c touch /x
  [ "$status" -ne 0 ]
  output_has "Read-only file system"
  run in_pod ro c touch /tmp/x
  [ "$status" -ne 0 ]
}

@test "hostname, hostAliases, dnsConfig, sysctls" {
  POD_FIELDS='  hostname: box
  hostAliases: [{ip: 10.9.8.7, hostnames: [foo.test, bar.test]}]
  dnsPolicy: None
  dnsConfig: {nameservers: [192.0.2.1], searches: [a.test, b.test], options: [{name: ndots, value: "3"}, {name: edns0}]}
  securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "99"}]}'
  one_container names <<< $'      image: localhost/busybox:latest\n      command: [sleep, "1000"]'
  [ "$(in_pod names c hostname)" = box ]
  in_pod names c cat /etc/hosts | grep -qE '^10\.9\.8\.7\s+foo\.test\s+bar\.test$'
  in_pod names c cat /etc/hosts | grep -qE '^10\.[0-9.]+\s+box$'
  run in_pod names c cat /etc/resolv.conf
  output_has "nameserver 192.0.2.1"
  output_has "search a.test b.test"
  output_has "ndots:3"
  output_has "edns0"
  [ "$(in_pod names c cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" = 99 ]
  POD_FIELDS=$'  hostname: box\n  subdomain: sub\n  setHostnameAsFQDN: true'
  one_container long <<< $'      image: localhost/busybox:latest\n      command: [sleep, "1000"]'
  [ "$(in_pod long c hostname)" = box.sub.default.svc.cluster.local ]
  in_pod long c cat /etc/hosts | grep -qE '^10\.[0-9.]+\s+box\.sub\.default\.svc\.cluster\.local\s+box$'
}

@test "namespaces: shared in the pod, the host's on request, a shared PID namespace with pause as process 1" {
  play << YAML
apiVersion: v1
kind: Pod
metadata: {name: ns}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - {name: a, image: localhost/busybox:latest, command: [sleep, "1000"]}
    - {name: b, image: localhost/busybox:latest, command: [sleep, "2000"]}
---
apiVersion: v1
kind: Pod
metadata: {name: shared}
spec:
  terminationGracePeriodSeconds: 1
  shareProcessNamespace: true
  containers:
    - {name: a, image: localhost/busybox:latest, command: [sleep, "1000"]}
    - {name: b, image: localhost/busybox:latest, command: [sleep, "2000"]}
---
apiVersion: v1
kind: Pod
metadata: {name: host}
spec:
  terminationGracePeriodSeconds: 1
  hostNetwork: true
  hostPID: true
  hostIPC: true
  containers:
    - {name: a, image: localhost/busybox:latest, command: [sleep, "1000"]}
YAML
  for kind in net ipc uts; do
    [ "$(in_pod ns a readlink "/proc/self/ns/$kind")" = "$(in_pod ns b readlink "/proc/self/ns/$kind")" ]
    [ "$(in_pod ns a readlink "/proc/self/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ]
  done
  [ "$(in_pod ns a readlink /proc/self/ns/pid)" != "$(in_pod ns b readlink /proc/self/ns/pid)" ]
  [[ $(in_pod shared a ps) == *"sleep 2000"* ]]
  [[ $(in_pod shared a cat /proc/1/cmdline) != *sleep* ]]
  for kind in net ipc pid; do
    [ "$(in_pod host a readlink "/proc/self/ns/$kind")" = "$(readlink "/proc/self/ns/$kind")" ]
  done
}

@test "termination grace: TERM, then KILL after the period" {
  POD_FIELDS=
  {
    printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: stubborn}\nspec:\n  terminationGracePeriodSeconds: 2\n  containers:\n    - {name: c, image: localhost/busybox:latest, command: [sh, -c, "trap : TERM; while true; do sleep 0.1; done"]}\n'
  } | play
  start=$(date +%s%N)
  skiff pod stop stubborn
  elapsed=$((($(date +%s%N) - start) / 1000000))
  [ "$elapsed" -ge 1900 ] && [ "$elapsed" -lt 20000 ]  # not Kubernetes' 30 s
}

@test "no grace: TERM all the same and two seconds, as a kubelet gives them; podman's -t 0 kills at once" {
  POD_FIELDS=
  {
    printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: zero}\nspec:\n  terminationGracePeriodSeconds: 0\n  containers:\n    - {name: c, image: localhost/busybox:latest, command: [sh, -c, "trap \\"echo asked\\" TERM; echo up; while true; do sleep 0.1; done"]}\n'
  } | play
  took() {  # COMMAND...: milliseconds
    local start
    start=$(date +%s%N)
    "$@" > /dev/null 2>&1
    echo $((($(date +%s%N) - start) / 1000000))
  }
  says() { [ "$(skiff logs zero-c | xargs)" = "$1" ]; }
  eventually 10 says "up"
  (($(took skiff pod stop zero) >= 1900))
  says "up asked"
  skiff pod start zero > /dev/null
  eventually 10 says "up asked up"
  skiff pod stop -t 0 zero > /dev/null
  says "up asked up"
  skiff pod start zero > /dev/null
  eventually 10 says "up asked up up"
  skiff stop -t 0 zero-c > /dev/null
  says "up asked up up"
  skiff start zero-c > /dev/null
  eventually 10 says "up asked up up up"
  (($(took skiff kube delete pod zero --force) >= 1900))
}

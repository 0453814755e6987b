# kube play, replay and down: what is created, kept, replaced and removed.

load common

setup_file() { common_setup_file; }
teardown() { remove_all; }

pod_yaml() {  # NAME COMMAND
  cat << YAML
apiVersion: v1
kind: Pod
metadata:
  name: $1
  labels: {app: $1}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: localhost/busybox:latest
      command: [sh, -c, "$(or_idle "$2")"]
YAML
}

deployment_yaml() {  # REPLICAS VALUE
  cat << YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: $1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: main
          image: localhost/busybox:latest
          command: [sh, -c, "$idle"]
          env: [{name: V, value: "$2"}]
YAML
}

pod_ids() { skiff pod ps --no-trunc -q | sort; }

@test "a pod runs, says so, and is gone after down" {
  pod_yaml one "echo started; sleep 1000" > "$BATS_TEST_TMPDIR/one.yaml"
  run skiff kube play "$BATS_TEST_TMPDIR/one.yaml"
  [ "$status" -eq 0 ]
  output_has "Pod:"
  output_has "Container:"
  run skiff ps --format '{{.Names}} {{.Status}}'
  output_has "one-main Up"
  eventually 5 sh -c 'skiff logs one-main | grep -q started'
  run skiff kube down "$BATS_TEST_TMPDIR/one.yaml"
  [ "$status" -eq 0 ]
  output_has "Pods stopped:"
  output_has "Pods removed:"
  assert_nothing_left
}

@test "down of what was never played is no error" {
  pod_yaml never "sleep 1" > "$BATS_TEST_TMPDIR/never.yaml"
  run skiff kube down "$BATS_TEST_TMPDIR/never.yaml"
  [ "$status" -eq 0 ]
}

@test "play again: unchanged pods keep running, a changed one is replaced, a new one is created" {
  { pod_yaml a "sleep 1000"; echo ---; pod_yaml b "sleep 1000"; } | play
  before=$(pod_ids)
  pid=$(skiff inspect --format '{{.State.Pid}}' a-main)
  run play < <(pod_yaml a "sleep 1000"; echo ---; pod_yaml b "sleep 1000")
  [ "$status" -eq 0 ]
  output_has "unchanged"
  [ "$(pod_ids)" = "$before" ]
  run play < <(pod_yaml a "sleep 1000"; echo ---; pod_yaml b "sleep 2000"; echo ---; pod_yaml c "sleep 1000")
  [ "$status" -eq 0 ]
  [ "$(skiff inspect --format '{{.State.Pid}}' a-main)" = "$pid" ]
  [ "$(pod_ids | wc -l)" -eq 3 ]
  [ "$(comm -12 <(echo "$before") <(pod_ids) | wc -l)" -eq 1 ]
  [ "$(in_pod b main cat /proc/1/cmdline | tr '\0' ' ')" = "sh -c sleep 2000 " ] || in_pod b main ps | grep 'sleep 2000'
}

@test "a Deployment has its replicas, named as Kubernetes names them, and scales" {
  deployment_yaml 3 x | play
  [ "$(skiff pod ps --format '{{.Name}}' | grep -cE '^web-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$')" -eq 3 ]
  before=$(pod_ids)
  deployment_yaml 3 x | play
  [ "$(pod_ids)" = "$before" ]
  deployment_yaml 1 x | play
  [ "$(pod_ids | wc -l)" -eq 1 ]
  [ "$(comm -12 <(echo "$before") <(pod_ids) | wc -l)" -eq 1 ]
  deployment_yaml 2 y | play
  [ "$(pod_ids | wc -l)" -eq 2 ]
  [ "$(comm -12 <(echo "$before") <(pod_ids) | wc -l)" -eq 0 ]
  deployment_yaml 2 y > "$BATS_TEST_TMPDIR/d.yaml"
  skiff kube down "$BATS_TEST_TMPDIR/d.yaml"
  assert_nothing_left
}

@test "a stopped pod is started again by the next play" {
  pod_yaml s "sleep 1000" | play
  skiff pod stop s
  [ -z "$(skiff ps -q)" ]
  pod_yaml s "sleep 1000" | play
  [ "$(skiff ps -q | wc -l)" -eq 1 ]
}

@test "--start=false creates without starting, --replace makes new ids" {
  pod_yaml r "sleep 1000" > "$BATS_TEST_TMPDIR/r.yaml"
  skiff kube play --start=false "$BATS_TEST_TMPDIR/r.yaml"
  [ -z "$(skiff ps -q)" ]
  [ "$(skiff ps -aq | wc -l)" -ge 1 ]
  skiff kube play "$BATS_TEST_TMPDIR/r.yaml"
  before=$(pod_ids)
  run skiff kube play --replace "$BATS_TEST_TMPDIR/r.yaml"
  [ "$status" -eq 0 ]
  [ "$(pod_ids)" != "$before" ]
  [ "$(pod_ids | wc -l)" -eq 1 ]
}

@test "pods of one name in two namespaces run side by side" {
  run play << YAML
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: same, namespace: left}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]}
  - apiVersion: v1
    kind: Pod
    metadata: {name: same, namespace: right}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]}
YAML
  [ "$status" -eq 0 ]
  [ "$(skiff ps -q | wc -l)" -eq 2 ]
}

@test "init containers run in order before the others and keep their logs" {
  play << YAML
apiVersion: v1
kind: Pod
metadata: {name: ini}
spec:
  terminationGracePeriodSeconds: 1
  initContainers:
    - {name: i1, image: localhost/busybox:latest, command: [sh, -c, "sleep 0.3; echo first >> /d/f; echo log of i1"], volumeMounts: [{name: d, mountPath: /d}]}
    - {name: i2, image: localhost/busybox:latest, command: [sh, -c, "echo second >> /d/f"], volumeMounts: [{name: d, mountPath: /d}]}
  containers:
    - {name: c, image: localhost/busybox:latest, command: [sleep, "1000"], volumeMounts: [{name: d, mountPath: /d}]}
  volumes: [{name: d, emptyDir: {}}]
YAML
  [ "$(in_pod ini c cat /d/f)" = $'first\nsecond' ]
  [ "$(skiff logs ini-i1)" = "log of i1" ]
}

@test "restartPolicy: Always restarts with back-off, OnFailure and Never end" {
  play << YAML
apiVersion: v1
kind: Pod
metadata: {name: always}
spec: {restartPolicy: Always, terminationGracePeriodSeconds: 1, containers: [{name: c, image: localhost/busybox:latest, command: [sh, -c, "echo run; exit 1"]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: never}
spec: {restartPolicy: Never, containers: [{name: c, image: localhost/busybox:latest, command: [sh, -c, "exit 3"]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: onfail}
spec: {restartPolicy: OnFailure, containers: [{name: c, image: localhost/busybox:latest, command: [sh, -c, "exit 0"]}]}
YAML
  eventually 5 sh -c '[ "$(skiff inspect --format "{{.State.ExitCode}}" never-c)" = 3 ]'
  eventually 5 sh -c '[ "$(skiff inspect --format "{{.State.Status}}" onfail-c)" = exited ]'
  # Kubernetes: the first restart at once, the next after 10 s.
  eventually 5 sh -c '[ "$(skiff inspect --format "{{.RestartCount}}" always-c)" = 1 ]'
  eventually 15 sh -c '[ "$(skiff inspect --format "{{.RestartCount}}" always-c)" = 2 ]'
  eventually 5 sh -c '[ "$(skiff logs always-c | wc -l)" -ge 3 ]'
  mapfile -t starts < <(skiff logs -t always-c | while read -r time _; do date -d "$time" +%s%3N; done)
  waited=$((starts[2] - starts[1]))
  [ "$waited" -ge 9900 ] || { echo "restarted after $waited ms"; false; }
  [ "$(skiff logs -p always-c | sort -u)" = run ]
}

@test "50 pods in one file" {
  for i in $(seq 50); do pod_yaml "p$i" "sleep 1000"; echo ---; done > "$BATS_TEST_TMPDIR/many.yaml"
  run timeout 300 skiff kube play -q "$BATS_TEST_TMPDIR/many.yaml"
  [ "$status" -eq 0 ]
  [ "$(skiff ps -q | wc -l)" -eq 50 ]
  addresses=$(skiff ps -q | xargs -n1 skiff inspect --format '{{.NetworkSettings.IPAddress}}' | sort -u | wc -l)
  [ "$addresses" -eq 50 ]
  run timeout 300 skiff kube down "$BATS_TEST_TMPDIR/many.yaml"
  [ "$status" -eq 0 ]
  assert_nothing_left
}

@test "a pod that somebody has taken a container from is replaced" {
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: part}\nspec: {terminationGracePeriodSeconds: 0, containers: [{name: a, image: localhost/busybox:latest, command: [sleep, "1000"]}, {name: b, image: localhost/busybox:latest, command: [sleep, "1000"]}]}\n' \
    > "$BATS_TEST_TMPDIR/part.yaml"
  skiff kube play -q "$BATS_TEST_TMPDIR/part.yaml"
  skiff rm -f -t 0 part-b
  run skiff kube play "$BATS_TEST_TMPDIR/part.yaml"
  [ "$status" -eq 0 ] && output_has "pod/part replaced"
  in_pod part b true
  run skiff kube play "$BATS_TEST_TMPDIR/part.yaml"
  output_has "pod/part unchanged"
  skiff kube down "$BATS_TEST_TMPDIR/part.yaml"
}

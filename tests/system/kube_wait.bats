# kube wait and kube play --wait.

load common

setup_file() { common_setup_file; }
teardown() { remove_all; skiff kube delete deployments --all > /dev/null 2>&1 || true; }

pod_yaml() {  # NAME COMMAND [POLICY]
  cat << YAML
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {app: $1}}
spec:
  restartPolicy: ${3:-Never}
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: localhost/busybox:latest
      command: [sh, -c, "$(or_idle "$2")"]
---
YAML
}

# One that runs and never becomes ready.
unready_yaml() {  # NAME COMMAND
  pod_yaml "$@" | sed 's/^---$/      readinessProbe: {exec: {command: [sh, -c, "echo not yet; exit 1"]}, periodSeconds: 1}\n---/'
}

@test "wait for conditions, values, creation and deletion" {
  pod_yaml up "sleep 1000" | play -q
  run timeout 60 skiff kube wait --for=condition=Ready pod/up
  [ "$status" -eq 0 ]
  [ "$output" = "pod/up condition met" ]
  run timeout 60 skiff kube wait --for=jsonpath='{.status.phase}'=Running pod up
  [ "$output" = "pod/up condition met" ]
  run timeout 60 skiff kube wait --for=condition=Ready pods -l app=up
  [ "$output" = "pod/up condition met" ]

  timeout 60 skiff kube wait --for=create pod/late > "$BATS_TEST_TMPDIR/create" 3>&- &
  creation=$!
  timeout 60 skiff kube wait --for=delete pod/up > "$BATS_TEST_TMPDIR/delete" 3>&- &
  deletion=$!
  pod_yaml late "sleep 1000" | play -q
  wait $creation
  skiff kube delete pod up
  wait $deletion
  [ "$(cat "$BATS_TEST_TMPDIR/create")" = "pod/late condition met" ]
  [ "$(cat "$BATS_TEST_TMPDIR/delete")" = "pod/up condition met" ]
}

@test "a wait that is in vain says so" {
  unready_yaml bad "sleep 1000" | play -q
  run timeout 60 skiff kube wait --for=condition=Ready pod/bad --timeout=2s
  [ "$status" -eq 1 ]
  [ "${lines[0]}" = "error: timed out waiting for the condition on pods/bad" ]
  output_has 'container "main": Readiness probe failed: not yet'
  run skiff kube wait --for=condition=Ready pod/nope --timeout=1s
  [ "$status" -eq 1 ]
  [ "$output" = 'Error from server (NotFound): pods "nope" not found' ]
  run skiff kube wait --for=condition=Ready pods -l app=nope --timeout=1s
  [ "$output" = "error: no matching resources found" ]
  run skiff kube wait --for=nonsense pod/bad
  [ "$status" -eq 1 ]
}

@test "a Deployment becomes available" {
  play -q << YAML
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: main, image: localhost/busybox:latest, command: [sleep, "1000"]}]
YAML
  run timeout 60 skiff kube wait --for=condition=Available deployment/web
  [ "$output" = "deployment.apps/web condition met" ]
}

@test "play --wait=ready returns when the pods are ready, and tells what holds them back" {
  run play -q --wait=ready < <(pod_yaml up "sleep 1000")
  [ "$status" -eq 0 ]
  [ "$(skiff kube get pod up -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]
  run play -q --wait=ready --timeout 2s < <(unready_yaml slow "sleep 1000")
  [ "$status" -eq 125 ]
  output_has "timed out waiting for the pods to be ready"
  output_has "pod slow:"
  output_has 'container "main": Readiness probe failed: not yet'
  # One that has failed for good needs no patience.
  run play -q --wait=ready < <(unready_yaml bad "sleep 1; exit 3")
  [ "$status" -eq 125 ]
  output_has 'container "main": ended with exit code 3'
}

# Play itself waits for them.
@test "play --wait --timeout counts while an init container runs; 0 is no limit, less than that a mistake" {
  init_yaml() {
    pod_yaml "$1" "sleep 1000" | sed "s|^  containers:|  initContainers: [{name: i, image: localhost/busybox:latest, command: [sh, -c, '$2']}]\n&|"
  }
  run play -q --wait=ready --timeout 1s < <(init_yaml slow "sleep 1000")
  [ "$status" -eq 125 ]
  output_has 'init container "i": still running'
  [[ "$(skiff kube get pod slow --no-headers)" == *Init:0/1* ]]  # it goes on
  [ "$(skiff kube get pod slow -o 'jsonpath={.spec.initContainers[0].terminationMessagePath}')" = /dev/termination-log ]  # as played
  run play -q --wait --timeout 1s < <(init_yaml slower "sleep 1000")
  [ "$status" -eq 125 ]
  output_has "timed out waiting for 1 pod to end"
  [ "$(skiff kube get pods -o name)" = pod/slow ]  # in the foreground it is taken down
  run play -q --wait=ready --timeout 0s < <(init_yaml quick "sleep 1")
  [ "$status" -eq 0 ]
  run play -q --wait=ready --timeout=-1s < <(pod_yaml a true)
  [ "$status" -eq 125 ]
  output_has "0 waits without limit"
}

@test "wait -o: the objects instead of sentences" {
  unready_yaml slow "sleep 1000" | play -q
  [ "$(skiff kube wait --for=condition=Ready=False pod/slow -o name)" = pod/slow ]
  [ "$(skiff kube wait --for=jsonpath='{.status.phase}'=Running pods --all -o 'jsonpath={.metadata.name}')" = slow ]
  eventually 20 sh -c 'skiff kube wait --for=condition=Ready pod/slow --timeout=0 2>&1 | grep -q "not yet"'
  [ -z "$(skiff kube wait --for=condition=Ready pod/slow --timeout=0 2>&1 | grep -x '')" ]  # a probe's last newline
  skiff kube wait --for=delete pod/slow -o name > "$BATS_TEST_TMPDIR/gone" 3>&- &
  local waiter=$!
  eventually 20 sh -c "ls -l /proc/$waiter/fd | grep -q inotify"
  skiff kube delete pod slow --force
  wait $waiter
  [ "$(cat "$BATS_TEST_TMPDIR/gone")" = pod/slow ]
}

@test "play --wait=complete has the exit code of the container that failed first" {
  run play -q --wait=complete < <(pod_yaml a "exit 0"; pod_yaml b "sleep 2; exit 4"; pod_yaml c "exit 3")
  [ "$status" -eq 3 ]
  [ "$(skiff pod ps -q | wc -l)" -eq 3 ]  # they are still there
  run play -q --wait=complete < <(pod_yaml d "exit 0")
  [ "$status" -eq 0 ]
}

@test "play --wait stays until the pods end, then takes them down" {
  run play --wait < <(pod_yaml a "sleep 1")
  [ "$status" -eq 0 ]
  output_has "Pods removed:"
  assert_nothing_left
}

@test "play --wait takes everything down on an interrupt" {
  pod_yaml a "trap 'exit 0' TERM; while :; do sleep 0.1; done" > "$BATS_TEST_TMPDIR/a.yaml"
  timeout 60 skiff kube play --wait "$BATS_TEST_TMPDIR/a.yaml" > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  player=$!
  eventually 20 sh -c 'skiff kube get pod a 2>/dev/null | grep -q Running'
  pkill -INT -P $player skiff
  wait $player
  assert_nothing_left
}

@test "an interrupt is heard while an init container runs" {
  cat > "$BATS_TEST_TMPDIR/init.yaml" << YAML
apiVersion: v1
kind: Pod
metadata: {name: ini}
spec:
  terminationGracePeriodSeconds: 1
  initContainers: [{name: i, image: localhost/busybox:latest, command: [sleep, "1000"]}]
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
YAML
  timeout 60 skiff kube play --wait "$BATS_TEST_TMPDIR/init.yaml" > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  player=$!
  eventually 20 sh -c 'skiff ps --format "{{.Names}}" | grep -q ini-i'
  pkill -INT -P $player skiff
  wait $player || true
  assert_nothing_left
  # That the start was given up is no news.
  ! grep -i "error" "$BATS_TEST_TMPDIR/out" || false
}

@test "on a terminal, play --wait shows the logs of all containers" {
  { pod_yaml a "echo from a; sleep 0.5"; pod_yaml b "echo from b; exit 5"; } > "$BATS_TEST_TMPDIR/two.yaml"
  run timeout 60 script -qec "skiff kube play --wait=complete $BATS_TEST_TMPDIR/two.yaml" /dev/null
  [ "$status" -eq 5 ]
  plain=$(sed 's/\x1b\[[0-9;]*m//g' <<< "$output" | tr -d '\r')
  [[ "$plain" == *"a-main | from a"* ]]
  [[ "$plain" == *"b-main | from b"* ]]
}

@test "inspect tells of a startup check as podman 5 does" {
  skiff run -d --name slow --health-cmd true --health-startup-cmd '["test", "-e", "/x"]' --health-startup-interval 2s \
    --health-startup-timeout 3s --health-startup-success 4 localhost/busybox:latest sleep 1000
  skiff inspect slow | jq -e '.[0].Config.StartupHealthCheck ==
    {Test: ["CMD", "test", "-e", "/x"], Interval: 2000000000, Timeout: 3000000000, Successes: 4}'
  skiff rm -f -t 0 slow
  skiff run -d --name plain --health-cmd true --health-startup-retries 5 --health-startup-cmd true localhost/busybox:latest sleep 1000
  skiff inspect plain | jq -e '.[0].Config.StartupHealthCheck.Retries == 5 and .[0].Config.StartupHealthCheck.Test == ["CMD-SHELL", "true"]'
  skiff rm -f -t 0 plain
  skiff run -d --name without --health-cmd true localhost/busybox:latest sleep 1000
  skiff inspect without | jq -e '.[0].Config | has("StartupHealthCheck") | not'
  skiff rm -f -t 0 without
}

@test "a health check is seen in ps, inspect and healthcheck run" {
  run skiff run -d --name well --health-cmd 'test -e /tmp/well' --health-interval 200ms --health-retries 2 localhost/busybox:latest sleep 1000
  [ "$status" -eq 0 ]
  [ "$(skiff inspect --format '{{json .Config.Healthcheck.Test}} {{.Config.HealthcheckOnFailureAction}}' well)" = '["CMD-SHELL","test -e /tmp/well"] none' ]
  run skiff healthcheck run well
  [ "$status" -eq 1 ]
  [ "$output" = unhealthy ]
  skiff exec well touch /tmp/well
  skiff healthcheck run well
  [ "$(skiff ps --filter health=healthy --format '{{.Names}}')" = well ]
  [ -z "$(skiff ps --filter health=unhealthy -q)" ]
  run skiff run -d --health-interval 1s localhost/busybox:latest sleep 1000
  [ "$status" -eq 125 ]
  output_has "give --health-cmd"
  run skiff run --rm --no-healthcheck localhost/busybox:latest true
  [ "$status" -eq 0 ]
}

@test "what healthcheck run finds counts, also where nobody else looks" {
  skiff run -d --name asked --network none --health-cmd 'echo looked; test -e /tmp/well' --health-interval disable --health-retries 2 \
    --health-on-failure kill localhost/busybox:latest sleep 1000
  [ "$(skiff inspect --format '{{.State.Health.Status}} {{json .Config.Healthcheck}} {{.Config.HealthcheckOnFailureAction}}' asked)" = \
    'starting {"Test":["CMD-SHELL","echo looked; test -e /tmp/well"],"Timeout":30000000000,"Retries":2} kill' ]
  skiff exec asked touch /tmp/well
  run skiff healthcheck run asked
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [[ "$(skiff ps --format '{{.Status}}')" == *"(healthy)" ]]
  [ "$(skiff inspect --format '{{(index .State.Health.Log 0).Output}}' asked)" = looked ]
  skiff exec asked rm /tmp/well
  run skiff healthcheck run asked
  [ "$status" -eq 1 ]
  [ "$(skiff inspect --format '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' asked)" = "healthy 1" ]
  run skiff healthcheck run asked
  [ "$output" = unhealthy ]
  [ "$(skiff wait asked)" = 137 ]
  run skiff healthcheck run asked
  [ "$status" -eq 125 ]
  output_has "is not running"
  skiff run -d --name plain --network none localhost/busybox:latest sleep 1000
  [ "$(skiff inspect --format '{{json .Config.Healthcheck}}' plain)" = null ]
  run skiff healthcheck run plain
  [ "$status" -eq 125 ]
}

# kube get, describe, events, logs, exec, delete, apply, scale: kubectl's words and layouts over real pods.

bats_require_minimum_version 1.5.0
load common

setup_file() { common_setup_file; }
teardown() { remove_all; for kind in deployments configmaps secrets; do skiff kube delete "$kind" --all > /dev/null 2>&1 || true; done; }

pod_yaml() {  # NAME COMMAND [POLICY]
  cat << YAML
apiVersion: v1
kind: Pod
metadata:
  name: $1
  labels: {app: $1, tier: front}
spec:
  restartPolicy: ${3:-Always}
  terminationGracePeriodSeconds: 1
  containers:
    - name: main
      image: localhost/busybox:latest
      command: [sh, -c, "$(or_idle "$2")"]
---
YAML
}

deployment_yaml() {  # REPLICAS
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
      containers: [{name: main, image: localhost/busybox:latest, command: [sleep, "1000"]}]
---
YAML
}

status_is() { [ "$(skiff kube get pod "$1" --no-headers | awk '{print $2, $3}')" = "$2" ]; }

@test "get shows READY, STATUS, RESTARTS and AGE as kubectl does" {
  { pod_yaml up "sleep 1000"; pod_yaml done "true" Never; pod_yaml bad "exit 3" Never; pod_yaml loop "exit 1"; } | play -q
  eventually 20 status_is up "1/1 Running"
  eventually 20 status_is done "0/1 Completed"
  eventually 20 status_is bad "0/1 Error"
  eventually 20 status_is loop "0/1 CrashLoopBackOff"
  run skiff kube get pods
  [ "${lines[0]}" = "NAME   READY   STATUS             RESTARTS     AGE" ] ||
    [[ "${lines[0]}" =~ ^NAME\ +READY\ +STATUS\ +RESTARTS\ +AGE$ ]]
  [[ "${lines[1]}" =~ ^bad\ +0/1\ +Error\ +0\ +[0-9]+s$ ]]
  [[ "$output" =~ loop\ +0/1\ +CrashLoopBackOff\ +1\ \([0-9]+s\ ago\)\ +[0-9]+s ]]
  [ "$(skiff kube get po -o name | tr '\n' ' ')" = "pod/bad pod/done pod/loop pod/up " ]
  [ "$(skiff kube get pods --field-selector status.phase=Running -o name | sort | tr '\n' ' ')" = "pod/loop pod/up " ]
  [ "$(skiff kube get pods -l 'app in (up,bad),tier' -o name | tr '\n' ' ')" = "pod/bad pod/up " ]
  [[ "$(skiff kube get pod up --show-labels --no-headers)" == *" app=up,tier=front" ]]
  run skiff kube get pods -o wide up
  output_has "NOMINATED NODE"
  [[ "${lines[1]}" == *"$(skiff inspect --format '{{.NetworkSettings.IPAddress}}' up-main)"* ]]
}

@test "what is not there: kubectl's words and exit codes" {
  run --separate-stderr skiff kube get pods
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [ "$stderr" = "No resources found in default namespace." ]
  run --separate-stderr skiff kube get pods -A
  [ "$stderr" = "No resources found" ]
  run --separate-stderr skiff kube get pod nope
  [ "$status" -eq 1 ]
  [ "$stderr" = 'Error from server (NotFound): pods "nope" not found' ]
  run --separate-stderr skiff kube get deploy/nope
  [ "$stderr" = 'Error from server (NotFound): deployments.apps "nope" not found' ]
  run --separate-stderr skiff kube get widgets
  [ "$status" -eq 1 ]
  [ "$stderr" = "error: the server doesn't have a resource type \"widgets\"" ]
  run skiff kube get pods nope --ignore-not-found
  [ "$status" -eq 0 ]
}

@test "json, yaml, jsonpath and custom columns" {
  pod_yaml up "sleep 1000" | play -q
  eventually 20 status_is up "1/1 Running"
  [ "$(skiff kube get pod up -o json | jq -r '.status.containerStatuses[0].state.running.startedAt')" != null ]
  [ "$(skiff kube get pods -o json | jq -r '.kind, .items[0].metadata.name' | tr '\n' ' ')" = "List up " ]
  skiff kube get pod up -o yaml | grep -q '^  phase: Running$'
  [ "$(skiff kube get pod up -o=jsonpath='{.status.phase}')" = Running ]
  [ "$(skiff kube get pods -o 'jsonpath={range .items[*]}{.metadata.name}={.spec.containers[0].image}{"\n"}{end}')" = "up=localhost/busybox:latest" ]
  [ "$(skiff kube get pod up -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]
  [ "$(skiff kube get pod up -o custom-columns=NAME:.metadata.name,QOS:.status.qosClass | tail -1)" = "up     BestEffort" ]
  run skiff kube get pod up -o 'jsonpath={.a'
  [ "$status" -eq 1 ]
  output_has "error: error parsing jsonpath {.a: unclosed action"
  # What get writes can be played again.
  skiff kube get pod up -o yaml > "$BATS_TEST_TMPDIR/up.yaml"
  run play < "$BATS_TEST_TMPDIR/up.yaml"
  [ "$status" -eq 0 ]
}

@test "init containers show their progress" {
  play -q << YAML &
apiVersion: v1
kind: Pod
metadata: {name: slow}
spec:
  terminationGracePeriodSeconds: 1
  initContainers: [{name: i, image: localhost/busybox:latest, command: [sh, -c, "while ! [ -e /d/go ]; do sleep 0.1; done"], volumeMounts: [{name: d, mountPath: /d}]}]
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
  volumes: [{name: d, emptyDir: {}}]
YAML
  eventually 20 status_is slow "0/1 Init:0/1"
  run skiff kube logs slow -c c
  [ "$status" -eq 1 ]
  output_has 'Error from server (BadRequest): container "c" in pod "slow" is waiting to start'
  eventually 20 timeout 20 skiff kube exec slow -c i -- touch /d/go
  wait
  eventually 20 status_is slow "1/1 Running"
}

@test "deployments, other kinds, several kinds and namespaces" {
  { deployment_yaml 2; echo '{apiVersion: v1, kind: ConfigMap, metadata: {name: conf}, data: {a: "1"}}'; } | play -q
  eventually 20 sh -c '[ "$(skiff kube get deploy web --no-headers | awk "{print \$2, \$3, \$4}")" = "2/2 2 2" ]'
  run skiff kube get all
  output_has "pod/web-"
  output_has "deployment.apps/web"
  run skiff kube get deploy,cm -o name
  [ "$output" = $'deployment.apps/web\nconfigmap/conf' ]
  [[ "$(skiff kube get cm conf --no-headers)" =~ ^conf\ +1\ +[0-9]+s$ ]]
  [ "$(skiff kube get pods -l app=web -o 'jsonpath={.items[0].metadata.ownerReferences[0].name}')" = web ]
  run skiff kube get cm -A
  [[ "${lines[0]}" =~ ^NAMESPACE\ +NAME ]]
  run skiff kube scale deployment/web --replicas=1
  [ "$output" = "deployment.apps/web scaled" ]
  [ "$(skiff kube get pods -l app=web -o name | wc -l)" -eq 1 ]
  run timeout 30 skiff kube rollout status deployment/web
  [ "${lines[-1]}" = 'deployment "web" successfully rolled out' ]
  run skiff kube delete deployment web
  [ "$output" = 'deployment.apps "web" deleted' ]
  [ -z "$(skiff kube get pods -o name 2>/dev/null)" ]
  run skiff kube delete -f - <<< '{apiVersion: v1, kind: ConfigMap, metadata: {name: conf}, data: {a: "1"}}'
  [ "$output" = 'configmap "conf" deleted' ]
}

@test "while a Deployment is changed its pods are shown as they are, not as it was or will be" {
  deployment_yaml 1 | play -q
  local old; old=$(skiff kube get pods -l app=web -o name)
  deployment_yaml 1 | sed 's/"1000"/"2000"/; s/^      containers/      initContainers: [{name: i, image: "localhost\/busybox:latest", command: [sh, -c, "while ! [ -e \/go ]; do sleep 0.1; done"]}]\n&/' |
    play -q &
  init_runs() { [[ $(skiff kube get pods -l app=web --no-headers) == *Init:0/1* ]]; }
  eventually 20 init_runs
  local new; new=$(skiff kube get pods -l app=web -o name)
  [ "$new" != "$old" ]
  [ "$(skiff kube get "$new" -o 'jsonpath={.spec.containers[0].command[1]}')" = 2000 ]
  eventually 20 timeout 20 skiff kube exec "${new#pod/}" -c i -- touch /go
  wait $!
  [ "$(skiff kube get "$new" -o 'jsonpath={.spec.containers[0].command[1]}')" = 2000 ]
}

@test "get -L: a column per label; scale --current-replicas" {
  deployment_yaml 1 | play -q
  run skiff kube get pods -L app,nosuch.io/tier
  [[ "${lines[0]}" =~ ^NAME\ .*AGE\ +APP\ +TIER$ ]]
  [[ "${lines[1]}" =~ ^web-.*\ web\ *$ ]]
  run skiff kube scale deploy/web --current-replicas=3 --replicas=2
  [ "$status" -eq 1 ]
  output_has "Expected replicas to be 3, was 1"
  [ "$(skiff kube get pods -o name | wc -l)" -eq 1 ]
  skiff kube scale deploy/web --current-replicas=1 --replicas=2
  [ "$(skiff kube get pods -o name | wc -l)" -eq 2 ]
}

@test "get -w shows each change" {
  skiff kube get pods -w > "$BATS_TEST_TMPDIR/watch" 3>&- &
  watcher=$!
  pod_yaml up "sleep 1000" | play -q
  eventually 20 grep -qE '^up +1/1 +Running' "$BATS_TEST_TMPDIR/watch"
  skiff kube delete pod up
  eventually 20 sh -c "[ \$(grep -c ^up '$BATS_TEST_TMPDIR/watch') -ge 2 ]"
  kill $watcher
  [ "$(grep -c ^NAME "$BATS_TEST_TMPDIR/watch")" -eq 1 ]
}

# The watcher sleeps while the pod goes, so that all it can know is that there was one.
@test "get -w shows a pod that is gone as Terminating; one YAML document after another; --output-watch-events" {
  skiff kube get pods -w > "$BATS_TEST_TMPDIR/table" 3>&- &
  local table=$!
  skiff kube get pods -w -o yaml > "$BATS_TEST_TMPDIR/yaml" 3>&- &
  local yaml=$!
  skiff kube get pods -w -l app=up -o json --output-watch-events > "$BATS_TEST_TMPDIR/json" 3>&- &
  local json=$!
  pod_yaml up "sleep 1000" | play -q
  eventually 20 grep -qE '^up +1/1 +Running' "$BATS_TEST_TMPDIR/table"
  eventually 20 grep -q '^  phase: Running' "$BATS_TEST_TMPDIR/yaml"
  eventually 20 grep -q '"phase": "Running"' "$BATS_TEST_TMPDIR/json"
  kill -STOP $table $json
  skiff kube delete pod up --force
  kill -CONT $table $json
  eventually 20 sh -c "tail -1 '$BATS_TEST_TMPDIR/table' | grep -qE '^up +1/1 +Terminating'"
  eventually 20 grep -q '"type": "DELETED"' "$BATS_TEST_TMPDIR/json"
  kill $table $yaml $json
  [ "$(jq -r .type "$BATS_TEST_TMPDIR/json" | head -1)" = ADDED ]
  [ "$(jq -r 'select(.type == "DELETED").object.metadata.deletionTimestamp' "$BATS_TEST_TMPDIR/json")" != null ]
  [ "$(grep -c '^---$' "$BATS_TEST_TMPDIR/yaml")" -eq "$(($(grep -c '^kind: Pod$' "$BATS_TEST_TMPDIR/yaml") - 1))" ]
  run skiff kube get pods --output-watch-events
  [ "$status" -eq 1 ]
  output_has "can only be used with --watch"
}

@test "get -w -o json: a pod that is being deleted stays so in every event to its end" {
  skiff kube get pods -w -o json --output-watch-events > "$BATS_TEST_TMPDIR/json" 3>&- &
  local watcher=$!
  pod_yaml up "trap 'exit 0' TERM; while :; do sleep 0.1; done" | play -q
  eventually 20 grep -q '"phase": "Running"' "$BATS_TEST_TMPDIR/json"
  skiff kube delete pod up
  eventually 20 grep -q '"type": "DELETED"' "$BATS_TEST_TMPDIR/json"
  kill $watcher
  # From the first event that has it on.
  jq -se 'map(.object.metadata.deletionTimestamp != null) | index(true) as $first | $first != null and (.[$first:] | all)' \
    "$BATS_TEST_TMPDIR/json"
}

@test "get -w while a grace period runs: Terminating" {
  skiff kube get pods --watch-only > "$BATS_TEST_TMPDIR/watch" 3>&- &
  local watcher=$!
  eventually 20 sh -c "ls -l /proc/$watcher/fd | grep -q inotify"
  pod_yaml up "trap : TERM; while :; do sleep 0.1; done" | play -q
  eventually 20 grep -qE '^up +1/1 +Running' "$BATS_TEST_TMPDIR/watch"
  skiff kube delete pod up --grace-period=3 &
  eventually 20 grep -qE '^up +1/1 +Terminating' "$BATS_TEST_TMPDIR/watch"
  [ "$(skiff kube get pod up -o 'jsonpath={.metadata.deletionGracePeriodSeconds}')" = 3 ]  # still there; its own would be 1
  wait $!
  # The reader of a pipe has gone: so does the writer, with the next line.
  (skiff kube get pods -w || echo $? > "$BATS_TEST_TMPDIR/code") 3>&- | head -1 &
  pod_yaml other "sleep 1000" | play -q
  skiff kube delete pod other
  eventually 20 test -s "$BATS_TEST_TMPDIR/code"
  [ "$(cat "$BATS_TEST_TMPDIR/code")" -eq 141 ]
  kill -INT $watcher || kill $watcher
}

# While its files and its record go, one after the other.
@test "a pod that is being removed never looks like one that was not started yet, or was lost" {
  local i watchers=
  for i in 1 2 3; do
    skiff kube get pods -w > "$BATS_TEST_TMPDIR/watch$i" 3>&- &
    watchers+=" $!"
  done
  for i in 1 2 3; do
    for name in a b c d e; do pod_yaml "$name$i" "sleep 1000"; done | play -q
    eventually 20 sh -c "[ \$(skiff kube get pods --no-headers | grep -c ' Running ') -eq 5 ]"
    skiff kube delete pods --all --force
  done
  eventually 20 sh -c "[ \$(grep -cE '^[a-e]3 .* (Terminating|Error) ' '$BATS_TEST_TMPDIR/watch1') -ge 5 ]"
  kill $watchers
  # Of each pod: nothing but its end after it has run.
  for i in 1 2 3; do
    awk '$3 == "Running" { ran[$1] = 1 } ran[$1] && $3 !~ /^(Running|Terminating|Error|Completed)$/ { print; bad = 1 } END { exit bad }' \
      "$BATS_TEST_TMPDIR/watch$i"
  done
}

@test "events stay for a while when their pod is gone; describe shows the pod's own" {
  pod_yaml up "sleep 1000" | play -q
  local uid; uid=$(skiff kube get pod up -o 'jsonpath={.metadata.uid}')
  skiff kube delete pod up
  run skiff kube events --for pod/up
  [[ "$output" =~ Normal\ +Started\ +pod/up\ +Started\ container\ main ]]
  [[ "$output" =~ Normal\ +Killing\ +pod/up\ +Stopping\ container\ main ]]
  # Once each, also while there is another pod of this name.
  pod_yaml up "sleep 1000" | play -q
  [ "$(skiff kube get events --field-selector "involvedObject.uid=$uid" -o 'jsonpath={range .items[*]}{.reason}{"\n"}{end}' | grep -c Started)" -eq 1 ]
  local second; second=$(skiff kube get pod up -o 'jsonpath={.metadata.uid}')
  [ "$(skiff kube get events --field-selector "involvedObject.uid=$second,reason=Started" -o name | wc -l)" -eq 1 ]
  [ "$(skiff kube describe pod up | grep -c 'Started container')" -eq 1 ]
  [[ "$(skiff kube describe pod up)" != *Killing* ]]
  # They are Kubernetes' and not podman's.
  [ -z "$(skiff events --stream=false --filter type=kube)" ]
}

@test "describe tells everything, with events at the end" {
  pod_yaml up "echo hello; sleep 1000" | play -q
  eventually 20 status_is up "1/1 Running"
  run skiff kube describe pod up
  [ "$status" -eq 0 ]
  [[ "${lines[0]}" =~ ^Name:\ +up$ ]]
  output_has "Restart Count:  0"
  output_has "app=up"
  [[ "$output" =~ Normal\ +Scheduled\ +.*Successfully\ assigned\ default/up ]]
  [[ "$output" =~ Normal\ +Started\ +.*Started\ container\ main ]]
  [[ "$(skiff kube describe pod/up --show-events=false)" != *"Successfully assigned"* ]]
  run skiff kube describe pod nope
  [ "$status" -eq 1 ]
  run skiff kube events --for pod/up
  [[ "${lines[0]}" =~ ^LAST\ SEEN\ +TYPE\ +REASON\ +OBJECT\ +MESSAGE$ ]]
  [[ "$output" =~ Normal\ +Started\ +pod/up\ +Started\ container\ main ]]
  [ -z "$(skiff kube events --types=Warning --for pod/up 2>/dev/null)" ]
}

@test "events in podman's words" {
  local since; since=$(date -u +%FT%T.%NZ)
  pod_yaml up "sleep 1000" | play -q
  eventually 20 status_is up "1/1 Running"
  run skiff events --stream=false --filter event=start --filter type=container
  [[ "$output" =~ container\ start\ [0-9a-f]{64}\ \(image=localhost/busybox:latest,\ name=up-main ]]
  [ "$(skiff events --stream=false --since "$since" --filter container=up-main --format '{{.Status}}' | tr '\n' ' ')" = "create start " ]
}

@test "events of what is gone" {
  skiff events > "$BATS_TEST_TMPDIR/seen" 3>&- &
  watcher=$!
  since=$(date -u +%FT%T.%NZ)
  eventually 20 sh -c "ls -l /proc/$watcher/fd | grep -q inotify"  # it is looking
  skiff run --rm --name short --network none localhost/busybox:latest sh -c 'sleep 0.1; exit 3' || true
  skiff pod create shared
  skiff run -d --pod shared --name member localhost/busybox:latest sleep 1000
  skiff rm -f -t 0 member
  skiff pod rm -f shared
  skiff tag localhost/busybox:latest other:1
  skiff rmi other:1
  skiff volume create vol
  skiff volume rm vol
  events() { skiff events --stream=false --since "$since" --format '{{.Type}} {{.Name}} {{.Status}}' "$@"; }
  [ "$(events --filter container=short | tr '\n' ,)" = "container short create,container short start,container short died,container short remove," ]
  [ "$(events --filter container=member | tr '\n' ,)" = "container member create,container member start,container member died,container member remove," ]
  [ "$(events --filter type=pod | tr '\n' ,)" = "pod shared create,pod shared start,pod shared stop,pod shared remove," ]
  [ "$(events --filter type=image | tr '\n' ,)" = "image other:1 tag,image localhost/other:1 untag," ]
  [ "$(events --filter volume=vol | tr '\n' ,)" = "volume vol create,volume vol remove," ]
  [ -z "$(events --filter volume=vo)" ]
  skiff events --stream=false --since "$since" | grep -E 'container died [0-9a-f]{64} .*name=short, containerExitCode=3'
  # Who was watching has seen the same.
  eventually 2 grep -qE "volume remove vol" "$BATS_TEST_TMPDIR/seen"
  kill "$watcher"
  diff <(sort "$BATS_TEST_TMPDIR/seen") <(skiff events --stream=false --since "$since" | sort)
}

@test "a run that ends before its start is told has begun before it ended" {
  local i
  for i in 1 2 3 4 5 6 7 8; do
    skiff run --rm --name "brief$i" --network none localhost/busybox:latest true
    [ "$(skiff events --stream=false --filter "container=brief$i" --format '{{.Status}}' | tr '\n' ' ')" = "create start died remove " ]
  done
}

@test "logs and exec take pods, containers and selectors" {
  { pod_yaml up "echo one; echo two; sleep 1000"; deployment_yaml 1; } | play -q
  eventually 20 sh -c 'skiff kube logs up | grep -q two'
  [ "$(skiff kube logs up --tail=1)" = two ]
  [ "$(skiff kube logs -l app=up --prefix | head -1)" = "[pod/up/main] one" ]
  [ "$(timeout 20 skiff kube exec up -- sh -c 'echo $0 in pod' me)" = "me in pod" ]
  [ "$(timeout 20 skiff kube exec deploy/web -- echo hi)" = hi ]
  run timeout 20 skiff kube exec up -- sh -c 'exit 7'
  [ "$status" -eq 7 ]
  output_has "command terminated with exit code 7"
  run skiff kube exec up -c nope -- true
  output_has "error: container nope is not valid for pod up"
  run skiff kube logs up -p
  [ "$status" -eq 1 ]
  output_has 'previous terminated container "main" in pod "up" not found'
}

@test "logs: one stream, of several pods, up to a size, in spite of errors" {
  { pod_yaml up "echo one; echo two >&2; sleep 1000"; deployment_yaml 2; } | sed 's/sleep, "1000"/sh, -c, "echo web; sleep 1000"/' | play -q
  skiff kube apply -f - <<< '{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}'
  eventually 20 sh -c 'skiff kube logs up 2>/dev/null | grep -q two'
  eventually 20 sh -c '[ "$(skiff kube logs deploy/web --all-pods | grep -c web)" -eq 2 ]'
  [ "$(skiff kube logs up --limit-bytes=2)" = on ]
  [ "$(timeout 20 skiff kube logs up --limit-bytes=6 -f)" = $'one\ntw' ]
  [[ "$(skiff kube logs up --prefix --timestamps --tail 1)" =~ ^\[pod/up/main\]\ 20[0-9TZ.:-]+\ two$ ]]
  run skiff kube logs svc/web
  [[ "${lines[0]}" =~ ^Found\ 2\ pods,\ using\ pod/web- ]]
  [[ "$(skiff kube logs deploy/web --all-pods | sed 's/ .*//' | sort -u | wc -l)" -eq 2 ]]
  run skiff kube logs -l tier=front -p
  [ "$status" -eq 1 ]
  run skiff kube logs -l tier=front -p --ignore-errors
  [ "$status" -eq 0 ]
  output_has 'error: Error from server (BadRequest): previous terminated container "main" in pod "up" not found'
  run skiff kube logs up --limit-bytes=0
  [ "$status" -eq 1 ]
}

@test "logs show the current run only, -p the one before" {
  pod_yaml loop "echo run \$(cat /d/n 2>/dev/null); sleep 0.5; exit 1" | play -q
  eventually 20 sh -c 'skiff kube logs loop -p 2>/dev/null | grep -q run'
  [ "$(skiff kube logs loop | wc -l)" -le 1 ]
}

@test "apply has kubectl's lines" {
  run skiff kube apply -f - < <(pod_yaml fresh "sleep 1000")
  [ "$output" = "pod/fresh created" ]
  run skiff kube apply -f - < <(pod_yaml fresh "sleep 1000")
  [ "$output" = "pod/fresh unchanged" ]
  run skiff kube apply -f - < <(pod_yaml fresh "sleep 2000")
  [ "$output" = "pod/fresh configured" ]
  run skiff kube delete pod/fresh --force
  output_has 'pod "fresh" force deleted'
  [ -z "$(skiff ps -aq)" ]
}

@test "a deleted pod of a Deployment is replaced at once, with the network and ports of its play; scale keeps them too" {
  deployment_yaml 1 > "$BATS_TEST_TMPDIR/web.yaml"
  skiff network create other
  skiff kube play --publish 8099:80 --network other "$BATS_TEST_TMPDIR/web.yaml"
  local first second
  first=$(skiff kube get pods -o name)
  run skiff kube delete "$first"
  [[ $status == 0 && $output == "pod \"${first#pod/}\" deleted" ]]
  second=$(skiff kube get pods -o name)
  [[ $second == pod/web-* && $second != "$first" ]]
  [[ $(skiff pod inspect -f '{{.State}}' "${second#pod/}") == Running ]]
  [[ $(skiff inspect --format '{{json .NetworkSettings.Networks}}' "${second#pod/}-main") == *'"other"'* ]]
  [[ $(skiff port "${second#pod/}-main") == *8099* ]]
  skiff kube scale --replicas 2 deployment/web
  [[ $(skiff kube get pods -o name | wc -l) == 2 ]]
  skiff kube get "$second"   # it stays
  local name
  for name in $(skiff kube get pods -o name); do
    [[ $(skiff inspect --format '{{json .NetworkSettings.Networks}}' "${name#pod/}-main") == *'"other"'* ]]
  done
  # With its Deployment it is gone for good.
  skiff kube delete deployment web
  [[ -z $(skiff kube get pods -o name) ]]
  skiff network rm other
}

@test "readinessGates: the condition that nobody sets keeps the pod from being ready, and is named" {
  pod_yaml gated "sleep 1000" | sed '/terminationGrace/i\  readinessGates: [{conditionType: example.com/balanced}]' | skiff kube play -
  skiff kube wait --for=condition=ContainersReady --timeout=60s pod/gated
  [[ $(skiff kube get pod gated -o 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}') == ReadinessGatesNotReady ]]
  run skiff kube wait --for=condition=Ready --timeout=1s pod/gated
  [[ $status != 0 ]]
  run skiff kube describe pod gated
  [[ $output == *"Readiness Gates:"*"example.com/balanced"* ]]
  run skiff kube play --wait=ready --timeout 1s <(skiff kube get pod gated -o yaml)
  [[ $status == 125 && $output == *'nothing sets the condition "example.com/balanced"'* ]]
}

@test "apply --server-side, logs --max-log-requests, exec -q" {
  run skiff kube apply --server-side -f <(pod_yaml one "sleep 1000")
  [[ $status == 0 && $output == "pod/one serverside-applied" ]]
  pod_yaml two "sleep 1000" | skiff kube apply -f -
  run timeout 20 skiff kube logs -f -l tier=front --max-log-requests 1
  [[ $status == 1 && $output == *"attempting to follow 2 log streams, but maximum allowed concurrency is 1, use --max-log-requests"* ]]
  skiff kube play - << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: pair}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - {name: a, image: "localhost/busybox:latest", command: [sleep, "1000"]}
    - {name: b, image: "localhost/busybox:latest", command: [sleep, "1000"]}
YAML
  run skiff kube exec pair -- echo hello
  [[ $output == *'Defaulted container "a" out of: a, b'* ]]
  run skiff kube exec -q pair -- echo hello
  [[ $output == hello ]]
  run skiff kube exec pair -q -- echo hello
  [[ $output == hello ]]
}

# Things that go wrong: what cannot start leaves nothing, and what was killed is put right by the next command.

load common

setup_file() { common_setup_file; }
teardown() { remove_all; }

pod_yaml() {  # NAME FIELD...
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  terminationGracePeriodSeconds: 1\n  containers:\n    - name: c\n      image: localhost/busybox:latest\n' "$1"
  shift
  printf '      %s\n' "$@"
}

@test "no such command: says which, exit code 125, nothing left" {
  run play < <(pod_yaml nocmd 'command: [/no/such/command]')
  [ "$status" -eq 125 ]
  output_has "/no/such/command"
  assert_nothing_left
}

@test "a missing image is named and so is the way to get it" {
  pod_yaml noimage 'command: [sh]' | sed s/busybox:latest/absent:1/ > "$BATS_TEST_TMPDIR/app.yaml"
  run skiff kube play "$BATS_TEST_TMPDIR/app.yaml"
  [ "$status" -eq 125 ]
  output_has "localhost/absent:1"
  output_has "image load"
  # As in Kubernetes the pod is there and waits.
  skiff kube get pods noimage | grep -q ErrImagePull
  skiff kube down "$BATS_TEST_TMPDIR/app.yaml"
  assert_nothing_left
}

@test "a missing ConfigMap is an error before anything starts" {
  run play < <(pod_yaml nocm 'command: [sh]' 'env: [{name: A, valueFrom: {configMapKeyRef: {name: gone, key: k}}}]')
  [ "$status" -eq 125 ]
  output_has gone
  assert_nothing_left
}

@test "one bad pod does not keep the others of the file from running" {
  run play < <(pod_yaml good 'command: [sleep, "1000"]'; echo ---; pod_yaml bad 'command: [/nope]')
  [ "$status" -eq 125 ]
  output_has /nope
  [ "$(skiff ps --format '{{.Names}}')" = good-c ]
}

@test "kill -9 of play at any moment: the next play and down put it right" {
  pod_yaml k "command: [sh, -c, \"$idle\"]" 'ports: [{containerPort: 80, hostPort: 8080}]' > "$BATS_TEST_TMPDIR/k.yaml"
  for delay in 002 004 006 008 010 012 015 018 022 026 030 035 040 050 060 080 100; do
    skiff kube play -q "$BATS_TEST_TMPDIR/k.yaml" > /dev/null 2>&1 3>&- &
    pid=$!
    sleep "0.$delay"
    kill -9 "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
    run timeout 120 skiff kube play "$BATS_TEST_TMPDIR/k.yaml"
    [ "$status" -eq 0 ] || { echo "after $delay: $output"; false; }
    [ "$(skiff ps -q | wc -l)" -eq 1 ]
    [ "$(pgrep -c skiff-pause)" -eq 1 ] || { echo "after $delay: $(pgrep -a skiff)"; false; }
    run timeout 120 skiff kube down "$BATS_TEST_TMPDIR/k.yaml"
    [ "$status" -eq 0 ]
    assert_nothing_left
  done
}

@test "kill -9 of down at any moment: the next down finishes it" {
  # Its end takes longer than the command lives.
  pod_yaml k "command: [sh, -c, \"trap 'sleep 0.4; exit' TERM; sleep 1000 & wait\"]" 'ports: [{containerPort: 80, hostPort: 8080}]' > "$BATS_TEST_TMPDIR/k.yaml"
  for delay in 002 005 010 020 030 050 080 120; do
    timeout 120 skiff kube play -q "$BATS_TEST_TMPDIR/k.yaml"
    skiff kube down "$BATS_TEST_TMPDIR/k.yaml" > /dev/null 2>&1 3>&- &
    pid=$!
    sleep "0.$delay"
    kill -9 "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
    run timeout 120 skiff kube down "$BATS_TEST_TMPDIR/k.yaml"
    [ "$status" -eq 0 ]
    assert_nothing_left
  done
}

@test "a killed supervisor is started again and its containers run on" {
  pod_yaml s 'command: [sh, -c, "i=0; while true; do i=$((i+1)); echo line $i; sleep 0.05; done"]' | play
  pid=$(skiff inspect --format '{{.State.Pid}}' s-c)
  kill -9 "$(pgrep -x skiff-superviso)"
  eventually 5 pgrep -x skiff-superviso
  [ "$(skiff inspect --format '{{.State.Pid}}' s-c)" = "$pid" ]
  [ "$(skiff inspect --format '{{.State.Status}}' s-c)" = running ]
  before=$(skiff logs s-c | wc -l)
  eventually 5 sh -c "[ \"\$(skiff logs s-c | wc -l)\" -gt $before ]"
  skiff pod stop s
}

@test "exec into a container whose process has ended, and the supervisor does not know yet: it is not running" {
  skiff run -d --name gone busybox sleep 1000
  supervisor=$(pgrep -f 'skiff-supervisor.* launch' | tail -1)
  kill -STOP "$supervisor"
  kill -9 "$(skiff inspect -f '{{.State.Pid}}' gone)"
  run eventually 5 ended_for_exec
  kill -CONT "$supervisor"
  [[ $status == 0 ]]
}

ended_for_exec() { [[ $(timeout 20 skiff exec gone true 2>&1) == *"container gone is not running"* ]]; }

@test "the infra process killed, and the supervisor does not know yet: the pod is not ready, and play leaves it to the supervisor" {
  pod_yaml infra 'command: [sleep, "1000"]' > "$BATS_TEST_TMPDIR/infra.yaml"
  skiff kube play -q "$BATS_TEST_TMPDIR/infra.yaml"
  status_file=$(echo /run/skiff/pods/*/status.json)
  infra=$(jq .infraPid "$status_file") supervisor=$(jq .supervisorPid "$status_file")
  kill -STOP "$supervisor"
  kill -9 "$infra"
  eventually 2 grep -q '^State:.*Z' "/proc/$infra/status"  # nobody can take notice of its end
  [ "$(skiff kube get pod infra -o 'jsonpath={.status.conditions[?(@.type=="PodReadyToStartContainers")].status}')" = False ]
  run timeout 120 skiff kube play "$BATS_TEST_TMPDIR/infra.yaml"
  [ "$status" -eq 0 ] && output_has "pod/infra unchanged"
  kill -CONT "$supervisor"
  timeout 120 skiff kube wait --for=condition=Ready pod/infra
  [ "$(jq .infraPid "$status_file")" != "$infra" ]
  in_pod infra c true
}

watched() { pgrep -x skiff-reaper > /dev/null && pgrep -x skiff-superviso > /dev/null; }

answers_everywhere() { # PORT
  local address
  for address in 127.0.0.1 '[::1]'; do [[ $(curl -s --max-time 5 "http://$address:$1/") == here ]] || return 1; done
}

restarted() { [[ $(skiff kube get pod orphan -o 'jsonpath={.status.containerStatuses[0].restartCount} {.status.phase}') == "1 Running" ]]; }

@test "reaper and supervisor killed: a command that only looks has the pod taken over, with its ports and those of its Service" {
  {
    pod_yaml orphan 'command: [sh, -c, "mkdir /www; echo here > /www/index.html; exec httpd -f -p 80 -h /www"]' \
      'ports: [{containerPort: 80, hostPort: 8080}]'
    printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: orphan}\nspec: {type: NodePort, selector: {app: orphan}, ports: [{port: 80, nodePort: 30080}]}\n'
  } | sed 's/^metadata: {name: orphan}$/metadata: {name: orphan, labels: {app: orphan}}/' > "$BATS_TEST_TMPDIR/orphan.yaml"
  ip link set lo up
  skiff kube play -q "$BATS_TEST_TMPDIR/orphan.yaml"
  eventually 5 answers_everywhere 8080
  eventually 5 answers_everywhere 30080
  before=$(skiff inspect -f '{{.State.Pid}}' orphan-c)
  pkill -STOP -x skiff-superviso  # or it would start another reaper
  pkill -9 -x skiff-reaper
  pkill -9 -x skiff-superviso
  eventually 5 sh -c '! pgrep -x "skiff-reaper|skiff-superviso"'
  [[ $(skiff kube get pods --no-headers) == "orphan "*"1/1"*Running* ]]
  watched
  [ "$(skiff inspect -f '{{.State.Pid}}' orphan-c)" = "$before" ]
  eventually 5 answers_everywhere 8080
  eventually 5 answers_everywhere 30080
  run skiff run --rm -p 8080:80 localhost/busybox:latest true
  [ "$status" -ne 0 ] && output_has 8080
  kill -9 "$before"
  eventually 5 restarted
  eventually 5 answers_everywhere 8080
  skiff kube down "$BATS_TEST_TMPDIR/orphan.yaml"
  assert_nothing_left
}

@test "the reaper alone killed: its supervisor starts another" {
  pod_yaml headless 'command: [sh, -c, "while :; do date; sleep 0.1; done"]' > "$BATS_TEST_TMPDIR/headless.yaml"
  skiff kube play -q "$BATS_TEST_TMPDIR/headless.yaml"
  before=$(skiff inspect -f '{{.State.Pid}}' headless-c)
  pkill -9 -x skiff-reaper
  eventually 5 watched
  [ "$(skiff inspect -f '{{.State.Pid}} {{.RestartCount}}' headless-c)" = "$before 0" ]
  kill -9 "$before"
  eventually 5 sh -c '[ "$(skiff inspect -f "{{.RestartCount}} {{.State.Status}}" headless-c)" = "1 running" ]'
  skiff kube down "$BATS_TEST_TMPDIR/headless.yaml"
  assert_nothing_left
}

@test "everything of a pod killed: the next commands clean up" {
  pod_yaml dead 'command: [sleep, "1000"]' 'ports: [{containerPort: 80, hostPort: 8080}]' > "$BATS_TEST_TMPDIR/dead.yaml"
  skiff kube play -q "$BATS_TEST_TMPDIR/dead.yaml"
  pkill -9 -x skiff-reaper || true
  pkill -9 -x skiff-superviso || true
  pkill -9 skiff-pause || true
  run timeout 120 skiff kube play "$BATS_TEST_TMPDIR/dead.yaml"
  [ "$status" -eq 0 ]
  [ "$(skiff ps -q | wc -l)" -eq 1 ]
  skiff kube down "$BATS_TEST_TMPDIR/dead.yaml"
  assert_nothing_left
}

# As long as one of them lives, it starts others again.
killed_all() {
  pkill -9 -f 'skiff-|sleep 1000' || true
  ! pgrep skiff- > /dev/null
}

@test "the run directory gone, as after a reboot: pods can be started again and removed" {
  pod_yaml boot 'command: [sleep, "1000"]' > "$BATS_TEST_TMPDIR/boot.yaml"
  skiff kube play -q "$BATS_TEST_TMPDIR/boot.yaml"
  eventually 5 killed_all
  rm -rf /run/skiff
  ip link del skiff0 2> /dev/null || true
  nft flush ruleset
  run timeout 120 skiff kube play "$BATS_TEST_TMPDIR/boot.yaml"
  [ "$status" -eq 0 ] || { echo "$output"; false; }
  [ "$(skiff ps -q | wc -l)" -eq 1 ]
}

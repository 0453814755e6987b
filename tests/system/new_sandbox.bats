#!/usr/bin/env bats
# A pod whose infra process ends gets a new sandbox, as from the kubelet.
bats_require_minimum_version 1.5.0
load common.bash

setup_file() { common_setup_file; }
teardown() {
  kill "${background[@]}" 2> /dev/null || true
  remove_all
  for service in web slow; do skiff kube delete service "$service" > /dev/null 2>&1 || true; done
  skiff network rm -f other > /dev/null 2>&1 || true
}

# POD JQ-EXPRESSION of its object
of_pod() { skiff kube get pod "$1" -o json | jq -r "$2"; }
infra() { jq .infraPid "/run/skiff/pods/$(skiff pod inspect -f '{{.Id}}' "$1")/status.json"; }
is() { [[ $(of_pod "$1" "$2") == "$3" ]]; }                            # POD EXPRESSION VALUE
is_ready() { is "$1" '.status.conditions[] | select(.type == "Ready").status' True; }
is_renewed() { [[ $(infra "$1") != "$2" && $(infra "$1") != 0 ]] && is_ready "$1"; }  # POD INFRA-BEFORE
has_event() { skiff kube get events | grep -q "$1"; }
answers() { [[ $(curl -s --max-time 5 "http://127.0.0.1:$1/") == here ]]; }  # PORT

kill_infra() {
  killed=$(infra "$1")
  kill -9 "$killed"
}

renew() {  # POD: its infra process is killed, and it becomes ready again
  kill_infra "$1"
  eventually 20 is_renewed "$1" "$killed"
}

@test "address, ports, names, volumes and the Service are kept, and the containers begin anew" {
  skiff kube play -q - <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 1
  initContainers:
  - {name: init, image: localhost/busybox:latest, command: [sh, -c, 'echo init >> /memory/inits; echo here > /memory/index.html'], volumeMounts: [{name: m, mountPath: /memory}]}
  containers:
  - name: httpd
    image: localhost/busybox:latest
    command: [sh, -c, 'trap "exit 3" TERM; echo run; httpd -p 8080 -h /memory; echo up > /dev/shm/up; while :; do sleep 0.1; done']
    ports: [{containerPort: 8080, hostPort: 18080}]
    readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}
    volumeMounts: [{name: m, mountPath: /memory}]
  volumes: [{name: m, emptyDir: {medium: Memory}}]
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]}
YAML
  eventually 10 is_ready web
  answers 18080
  in_pod client c wget -q -O - http://web
  address=$(of_pod web .status.podIP)
  skiff kube get pods -w > "$BATS_TEST_TMPDIR/watch" 2>&1 3>&- &
  background=($!)
  eventually 5 grep -q '^web .*Running' "$BATS_TEST_TMPDIR/watch"
  renew web
  [ "$(of_pod web .status.podIP)" = "$address" ]
  eventually 5 answers 18080
  [ "$(in_pod client c wget -q -O - http://web)" = here ]
  [ "$(in_pod web httpd cat /memory/inits)" = $'init\ninit' ]
  is web '.status.containerStatuses[0] | "\(.restartCount) \(.lastState.terminated.exitCode) \(.state | keys[0]) \(.started)"' "1 3 running true"
  is web '.status.initContainerStatuses[0] | "\(.restartCount) \(.state.terminated.reason)"' "1 Completed"
  is web '.status.phase' Running
  is web '.status.conditions[] | select(.type == "PodReadyToStartContainers").status' True
  has_event 'Normal *SandboxChanged *pod/web *Pod sandbox changed, it will be killed and re-created.'
  [ "$(skiff kube logs web)" = run ]
  [ "$(skiff kube logs --previous web)" = run ]
  eventually 5 grep -q '^web .*0/1' "$BATS_TEST_TMPDIR/watch"
  eventually 5 grep -q '^web .*1/1 *Running *1' "$BATS_TEST_TMPDIR/watch"
  # Another time it is no different: nothing of the first one is left to be in its way.
  renew web
  eventually 5 answers 18080
  is web '.status.containerStatuses[0].restartCount' 2
}

@test "readiness is false and the Service has no endpoint until it is back; what is changed meanwhile holds for the new one" {
  skiff network create other > /dev/null
  skiff kube play -q - <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: slow}
spec: {selector: {app: slow}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: slow, labels: {app: slow}}
spec:
  terminationGracePeriodSeconds: 20
  containers: [{name: c, image: localhost/busybox:latest, command: [sh, -c, 'trap "while [ ! -e /go ]; do sleep 0.1; done; exit 0" TERM; while :; do sleep 0.1; done']}]
YAML
  eventually 5 is_ready slow
  has_endpoint() { skiff kube get endpoints slow --no-headers | grep -q ':8080'; }
  has_no_endpoint() { ! has_endpoint; }
  eventually 5 has_endpoint
  pid=$(skiff inspect -f '{{.State.Pid}}' slow-c)
  kill_infra slow
  eventually 5 is slow '.status.conditions[] | select(.type == "PodReadyToStartContainers").status' False
  is slow '.status.conditions[] | select(.type == "Ready").status' False
  is slow .status.phase Running
  eventually 5 has_no_endpoint
  skiff network connect other slow
  skiff pod publish slow 18081:8080
  # Whoever asks meanwhile is not kept waiting, and finds a pod that is looked after.
  run timeout 30 skiff start slow-c
  [ "$status" -eq 0 ]
  timeout 30 skiff pod ps | grep -q slow
  touch "/proc/$pid/root/go"
  eventually 10 is_renewed slow "$killed"
  is slow '.status.containerStatuses[0] | "\(.restartCount) \(.lastState.terminated.exitCode)"' "1 0"
  eventually 5 has_endpoint
  [ "$(in_pod slow c ip -o link | grep -c 'eth[01]')" = 2 ]
  in_pod slow c sh -c 'mkdir /w; echo here > /w/index.html; httpd -p 8080 -h /w'
  eventually 5 answers 18081
  skiff pod rm -f -t 0 slow > /dev/null
  skiff network rm other > /dev/null
}

@test "restartPolicy Never: the pod has failed; OnFailure: what has succeeded is not started again" {
  skiff kube play -q - <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: never}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: mixed}
spec:
  restartPolicy: OnFailure
  terminationGracePeriodSeconds: 0
  containers:
  - {name: done, image: localhost/busybox:latest, command: ["true"]}
  - {name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}
YAML
  eventually 5 is mixed '.status.containerStatuses[] | select(.name == "done").state.terminated.reason' Completed
  kill_infra never
  eventually 10 is never .status.phase Failed
  is never '.status.containerStatuses[0] | "\(.restartCount) \(.state.terminated.exitCode) \(.state.terminated.reason)"' "0 137 Error"
  [[ $(skiff kube get pod never --no-headers) =~ never\ +0/1\ +Error ]]
  kill_infra mixed
  eventually 10 is mixed '.status.containerStatuses[] | select(.name == "c") | "\(.restartCount) \(.state | keys[0])"' "1 running"
  is mixed '.status.containerStatuses[] | select(.name == "done") | "\(.restartCount) \(.state.terminated.reason)"' "0 Completed"
}

@test "shared PID namespace, host network, two networks" {
  skiff network create other > /dev/null
  skiff kube play -q - <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: shared}
spec:
  shareProcessNamespace: true
  containers: [{name: a, image: localhost/busybox:latest, command: [sleep, "1000"]}, {name: b, image: localhost/busybox:latest, command: [sleep, "1000"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: hosted}
spec:
  hostNetwork: true
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
YAML
  skiff kube play -q --network skiff --network other - <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
YAML
  before=$(in_pod two c ip -4 -o addr)
  for pod in shared hosted two; do
    renew "$pod"
    is "$pod" '[.status.containerStatuses[].restartCount] | unique | tostring' '[1]'
  done
  # At once: nobody's back-off was touched.
  run ! has_event 'BackOff *pod/shared'
  [ "$(in_pod two c ip -4 -o addr | sed 's/^[0-9]*//')" = "$(sed 's/^[0-9]*//' <<< "$before")" ]
  skiff pod rm -f -t 0 -a > /dev/null
  skiff network rm other > /dev/null
}

@test "a pod that is being taken down, or is not from YAML, gets no new one" {
  cat > "$BATS_TEST_TMPDIR/pod.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: gone}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
YAML
  for pause in 0 0.1; do
    skiff kube play -q "$BATS_TEST_TMPDIR/pod.yaml"
    kill_infra gone
    sleep "$pause"
    timeout 60 skiff kube down "$BATS_TEST_TMPDIR/pod.yaml"
    [ -z "$(skiff pod ps -q)" ]
    skiff kube play -q "$BATS_TEST_TMPDIR/pod.yaml"
    timeout 60 skiff kube down "$BATS_TEST_TMPDIR/pod.yaml" 3>&- > /dev/null &
    sleep "$pause"
    kill -9 "$(pgrep -x skiff-pause)" 2> /dev/null || true
    wait $!
    [ -z "$(skiff pod ps -q)" ]
  done
  skiff pod create --name plain > /dev/null
  skiff run -d --pod plain --name in-plain --stop-timeout 0 localhost/busybox:latest sleep 1000 > /dev/null
  kill_infra plain
  ended() { [[ $(skiff pod inspect -f '{{.State}}' plain) == Exited ]]; }
  eventually 20 ended
  remove_all
  assert_nothing_left
}

@test "the command that wires the new sandbox is killed: tried again, and a pod that is removed meanwhile is gone" {
  skiff kube play -q - <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]
YAML
  id=$(skiff pod inspect -f '{{.Id}}' p)
  exec 9> "/run/skiff/locks/$id"
  flock 9
  kill_infra p
  eventually 10 pgrep -f "wire-sandbox $id"
  kill -9 "$(pgrep -f "wire-sandbox $id")"
  failed() { grep -q FailedCreatePodSandBox "/var/lib/skiff/pods/$id/events.jsonl"; }
  eventually 10 failed
  exec 9>&-
  eventually 20 is_renewed p "$killed"
  exec 9> "/run/skiff/locks/$id"
  flock 9
  kill_infra p
  eventually 20 pgrep -f "wire-sandbox $id"
  skiff pod rm -f -t 0 p 9>&- 3>&- > /dev/null &
  exec 9>&-
  wait $!
  assert_nothing_left
}

@test "on a terminal, play --wait goes on with the logs" {
  cat > "$BATS_TEST_TMPDIR/fore.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: fore}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: localhost/busybox:latest, command: [sh, -c, 'echo begun; while [ ! -e /go ]; do sleep 0.1; done']}]
YAML
  timeout 120 script -qefc "skiff kube play --wait $BATS_TEST_TMPDIR/fore.yaml" "$BATS_TEST_TMPDIR/log" > /dev/null 2>&1 3>&- < /dev/null &
  background=($!)
  begun() { [[ $(grep -c begun "$BATS_TEST_TMPDIR/log") == "$1" ]]; }
  eventually 10 begun 1
  eventually 10 is_ready fore
  renew fore
  eventually 10 begun 2
  kill -0 "${background[0]}"
}

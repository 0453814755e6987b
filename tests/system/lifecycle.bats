#!/usr/bin/env bats
# Hooks, sidecars, restarts and ends: pods as Kubernetes' documentation shows them.

load common
load pod_state

setup_file() {
  common_setup_file
  skiff image load -i "$SKIFF_TEST_IMAGES/probe-server.tar" > /dev/null
}

teardown() { remove_all; }

exited() { status_is "$1" .state exited; }
in_back_off() { status_is "$1" "$(of "$2" reason)" CrashLoopBackOff; }

@test "postStart has run before the pod is up, preStop runs before the stop signal" {
  sed "s|@DIR@|$BATS_TEST_TMPDIR|" > "$BATS_TEST_TMPDIR/pod.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: lifecycle-demo}
spec:
  volumes: [{name: out, hostPath: {path: "@DIR@"}}]
  containers:
    - name: main
      image: localhost/busybox:latest
      command: [sh, -c, "trap 'echo signal >> /out/order; exit 0' TERM; while :; do sleep 0.05; done"]
      volumeMounts: [{name: out, mountPath: /out}]
      lifecycle:
        postStart: {exec: {command: [sh, -c, "echo Hello from the postStart handler > /usr-message"]}}
        preStop: {exec: {command: [sh, -c, "sleep 0.5; echo hook >> /out/order"]}}
YAML
  run play < "$BATS_TEST_TMPDIR/pod.yaml"
  [[ $status == 0 && $output != *warning* ]]
  [[ $(in_pod lifecycle-demo main cat /usr-message) == "Hello from the postStart handler" ]]
  skiff pod stop lifecycle-demo
  [[ $(tr '\n' ' ' < "$BATS_TEST_TMPDIR/order") == "hook signal " ]]
}

@test "an httpGet hook takes any answer; a sleep hook takes its time" {
  play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: c
      image: localhost/probe-server:1
      args: ["--http", "8080", "--status", "500"]
      readinessProbe: {httpGet: {port: 8080, path: /agent}, periodSeconds: 1}
      lifecycle:
        preStop: {httpGet: {port: 8080, path: "/set?404"}}
    - name: sleeper
      image: localhost/busybox:latest
      command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.05; done"]
      lifecycle: {preStop: {sleep: {seconds: 2}}}
YAML
  eventually 10 ready p
  local before=$SECONDS
  skiff pod stop p
  ((SECONDS - before >= 2))
  run events p FailedPreStopHook
  [[ -z $output ]]
  status_is p "$(of sleeper exitCode)" 0
}

@test "a postStart hook that fails: an event, and the container is started again" {
  play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sleep, "1000"]
      lifecycle: {postStart: {exec: {command: [sh, -c, "echo no luck; exit 3"]}}}
YAML
  eventually 20 restarted p c
  has_event p FailedPostStartHook "no luck"
}

@test "a postStart hook that never ends holds up what is behind it, not the command" {
  run play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sleep, "1000"]
      lifecycle: {postStart: {exec: {command: [sh, -c, "until test -e /go; do sleep 0.1; done"]}}}
    - {name: next, image: "localhost/busybox:latest", command: [sleep, "1000"]}
YAML
  [[ $status == 0 && $output == *'the postStart hook of container "c" has not ended yet'* ]]
  unready p
  status_is p "$(of next state)" created
  skiff start p-next   # in its turn, not before
  status_is p "$(of next state)" created
  in_pod p c touch /go
  eventually 10 status_is p "$(of next state)" running
  eventually 10 ready p
}

@test "a log shipper as a sidecar: there before the application, and to its last line" {
  sed "s|@DIR@|$BATS_TEST_TMPDIR|" <<'YAML' | play
apiVersion: v1
kind: Pod
metadata: {name: app}
spec:
  restartPolicy: Never
  volumes: [{name: logs, emptyDir: {}}, {name: out, hostPath: {path: "@DIR@"}}]
  initContainers:
    - name: logshipper
      image: localhost/busybox:latest
      restartPolicy: Always
      command:
        - sh
        - -c
        - |
          touch /opt/logs.txt
          trap 'cp /opt/logs.txt /out/all; exit 0' TERM
          while :; do sleep 0.05; done
      startupProbe: {exec: {command: [test, -e, /opt/logs.txt]}, periodSeconds: 1, failureThreshold: 30}
      volumeMounts: [{name: logs, mountPath: /opt}, {name: out, mountPath: /out}]
    - name: prepare
      image: localhost/busybox:latest
      command: [sh, -c, "test -e /opt/logs.txt && echo prepared >> /opt/logs.txt"]
      volumeMounts: [{name: logs, mountPath: /opt}]
  containers:
    - name: main
      image: localhost/busybox:latest
      command: [sh, -c, "for i in 1 2 3; do echo line $i >> /opt/logs.txt; sleep 0.2; done"]
      volumeMounts: [{name: logs, mountPath: /opt}]
YAML
  # Like a Job's pod: it completes although the sidecar would go on for ever.
  eventually 20 exited app
  [[ $(tr '\n' ' ' < "$BATS_TEST_TMPDIR/all") == "prepared line 1 line 2 line 3 " ]]
  status_is app "$(of main exitCode)" 0
  status_is app "$(of logshipper exitCode)" 0
}

@test "a sidecar that ends is started again, also in a pod that never restarts" {
  play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  initContainers:
    - {name: side, image: "localhost/busybox:latest", restartPolicy: Always, command: [sleep, "1"]}
  containers:
    - {name: main, image: "localhost/busybox:latest", command: [sleep, "1000"]}
YAML
  eventually 15 restarted p side
  status_is p "$(of main restartCount)" 0
}

@test "a failed init container ends the sidecars as well" {
  run play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  initContainers:
    - {name: side, image: "localhost/busybox:latest", restartPolicy: Always,
       command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 0.05; done"]}
    - {name: bad, image: "localhost/busybox:latest", command: ["false"]}
  containers:
    - {name: main, image: "localhost/busybox:latest", command: [sleep, "1000"]}
YAML
  eventually 20 exited p
  status_is p "$(of side exitCode)" 0
  status_is p "$(of main startedAt)" null
}

@test "the stop of a pod: the main container first, sidecars afterwards in reverse order" {
  sed "s|@DIR@|$BATS_TEST_TMPDIR|" <<'YAML' | play
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: out, hostPath: {path: "@DIR@"}}]
  initContainers:
    - name: one
      image: localhost/busybox:latest
      restartPolicy: Always
      command: [sh, -c, "trap 'echo one >> /out/ends; exit 0' TERM; while :; do sleep 0.05; done"]
      volumeMounts: [{name: out, mountPath: /out}]
    - name: two
      image: localhost/busybox:latest
      restartPolicy: Always
      command: [sh, -c, "trap 'echo two >> /out/ends; exit 0' TERM; while :; do sleep 0.05; done"]
      volumeMounts: [{name: out, mountPath: /out}]
  containers:
    - name: main
      image: localhost/busybox:latest
      command: [sh, -c, "trap 'sleep 1; echo main >> /out/ends; exit 0' TERM; while :; do sleep 0.05; done"]
      volumeMounts: [{name: out, mountPath: /out}]
YAML
  skiff pod stop p
  [[ $(tr '\n' ' ' < "$BATS_TEST_TMPDIR/ends") == "main two one " ]]
}

@test "back-off: at once, then ten seconds after the end, named CrashLoopBackOff; the last run is kept" {
  play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - {name: c, image: "localhost/busybox:latest", command: [sh, -c, "exit 7"]}
YAML
  eventually 10 in_back_off p c
  status_is p "$(of c restartCount)" 1
  status_is p "$(of c lastReason)" Error
  status_is p "$(of c exitCode)" 7
  [[ $(status p "$(of c message)") == "back-off 10s restarting failed container=c pod=p_default("* ]]
  has_event p BackOff "Back-off restarting failed container c in pod p_default("
  python3 - "$(status p "$(of c finishedAt)")" "$(status p "$(of c nextStartAt)")" <<'PY'
import sys
from datetime import datetime
end, start = (datetime.fromisoformat(t[:26]) for t in sys.argv[1:])
assert 9.9 < (start - end).total_seconds() < 12, (end, start)
PY
  # Not again by a supervisor that is new: it knows when the next start is due.
  local next
  next=$(status p "$(of c nextStartAt)")
  kill -9 "$(status p .supervisorPid)"
  eventually 10 in_back_off p c
  status_is p "$(of c nextStartAt)" "$next"
}

# SKIFF_BACKOFF_TRACE: for how many seconds; 1250 see 300 twice.
@test "back-off, traced: the waits between the starts are 0, 10, 20, 40, 80, 160, 300, 300 seconds" {
  sed "s|@DIR@|$BATS_TEST_TMPDIR|" << 'YAML' | play -q
apiVersion: v1
kind: Pod
metadata: {name: traced}
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{name: out, hostPath: {path: "@DIR@"}}]
  containers:
    - name: main
      image: localhost/busybox:latest
      command: [sh, -c, "date +%s >> /out/starts; exit 3"]
      volumeMounts: [{name: out, mountPath: /out}]
YAML
  sleep "${SKIFF_BACKOFF_TRACE:-12}"
  local expected=(0 10 20 40 80 160 300 300 300 300) last='' time index=0
  while read -r time; do
    if [[ -n $last ]]; then
      # Whole seconds, and a busy machine starts late but never early.
      ((time - last >= expected[index] - 1 && time - last <= expected[index] + 8)) ||
        { echo "wait $index: $((time - last)) s and not ${expected[index]}"; return 1; }
      index=$((index + 1))
    fi
    last=$time
  done < "$BATS_TEST_TMPDIR/starts"
  ((index >= 2)) || { echo "only $index waits"; return 1; }
}

@test "restartPolicyRules: an exit code that restarts although the policy is Never, and one that restarts all" {
  run play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  volumes: [{name: shared, emptyDir: {}}]
  initContainers:
    - {name: init, image: "localhost/busybox:latest", command: [sh, -c, "echo x >> /s/inits"], volumeMounts: [{name: shared, mountPath: /s}]}
  containers:
    - name: c
      image: localhost/busybox:latest
      # 42 restarts it, 88 all of them, 1 nothing.
      command: [sh, -c, "echo x >> /s/runs; case $(wc -l < /s/runs) in 1) exit 42;; 2) exit 88;; *) exit 1;; esac"]
      volumeMounts: [{name: shared, mountPath: /s}]
      restartPolicy: Never
      restartPolicyRules:
        - {action: Restart, exitCodes: {operator: In, values: [42]}}
        - {action: RestartAllContainers, exitCodes: {operator: In, values: [88]}}
    - {name: other, image: "localhost/busybox:latest", command: [sh, -c, "sleep 1000"], volumeMounts: [{name: shared, mountPath: /s}]}
YAML
  [[ $output != *warning* ]]
  eventually 30 status_is p "$(of c exitCode)" 1
  status_is p "$(of c restartCount)" 2
  status_is p "$(of c final)" true
  eventually 10 restarted p other
  [[ $(in_pod p other cat /s/inits | wc -l) == 2 ]]
}

@test "an end by lack of memory has its name" {
  play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sh, -c, "head -c 200m /dev/zero | tail > /dev/null; exit $?"]
      resources: {limits: {memory: 32Mi}}
YAML
  eventually 20 exited p
  status_is p "$(of c oomKilled)" true
}

@test "activeDeadlineSeconds ends the pod, by its grace period" {
  play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  activeDeadlineSeconds: 2
  terminationGracePeriodSeconds: 1
  containers:
    - {name: c, image: "localhost/busybox:latest", command: [sleep, "1000"]}
YAML
  eventually 15 exited p
  status_is p .reason DeadlineExceeded
  has_event p DeadlineExceeded "longer than the specified deadline"
}

@test "a container's last word: from its file, or from the log's end" {
  play <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  containers:
    - name: file
      image: localhost/probe-server:1
      args: [say, "the reason", /dev/termination-log, "1"]
    - name: log
      image: localhost/busybox:latest
      terminationMessagePolicy: FallbackToLogsOnError
      command: [sh, -c, "echo it went wrong; exit 1"]
YAML
  eventually 15 exited p
  status_is p "$(of file terminationMessage)" "the reason"
  status_is p "$(of log terminationMessage)" "it went wrong"
}

@test "ten containers whose processes are killed at random are all there again, and nothing is left at the end" {
  {
    printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  terminationGracePeriodSeconds: 1\n  containers:\n'
    for i in 0 1 2 3 4 5 6 7 8 9; do
      echo "    - {name: c$i, image: 'localhost/busybox:latest', command: [sleep, '1000']}"
    done
  } | play
  for i in 3 7 1 9; do
    kill -9 "$(status p "$(of "c$i" pid)")"
    [[ $i != 7 ]] || kill -9 "$(status p .supervisorPid)"
  done
  all_back() {
    status_is p '[.containers[] | select(.state == "running" and .pid > 0)] | length' 10 &&
      status_is p '[.containers[].restartCount] | add' 4
  }
  eventually 20 all_back
  skiff pod rm -f -t 0 p
  assert_nothing_left
}

#!/usr/bin/env bats
# Probes of all four kinds against a static image without a shell or curl.

load common
load pod_state

setup_file() {
  common_setup_file
  skiff image load -i "$SKIFF_TEST_IMAGES/probe-server.tar" > /dev/null
}

teardown() { remove_all; }

server() {  # NAME ARGS PROBES [MORE]: one container "c"
  cat <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/probe-server:1
      args: [$2]
      ports: [{name: web, containerPort: 8080}]
$3
YAML
}

@test "httpGet readiness: a named port, not ready, ready, not ready again, never restarted" {
  run play < <(server p '"--http", "8080", "--status", "503"' \
    '      readinessProbe: {httpGet: {path: /healthz, port: web}, periodSeconds: 1, failureThreshold: 1}')
  [[ $status == 0 ]]
  [[ $output != *warning* ]]
  eventually 10 status_is p "$(of c probeFailure)" "Readiness probe failed: HTTP probe failed with statuscode: 503"
  unready p
  set_status p 200
  eventually 10 ready p
  set_status p 500
  eventually 10 unready p
  status_is p "$(of c restartCount)" 0
  status_is p "$(of c started)" true
  has_event p Unhealthy "HTTP probe failed with statuscode: 500"
}

@test "httpGet liveness: killed after failureThreshold failures, restarted, healthy again" {
  server p '"--http", "8080"' \
    '      livenessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1, failureThreshold: 2}' | play
  eventually 10 ready p
  set_status p 500
  eventually 15 restarted p c
  eventually 10 status_is p "$(of c state)" running
  has_event p Killing "Container c failed liveness probe, will be restarted"
  status_is p "$(of c lastReason)" Completed   # it answered the stop signal
}

@test "a startup probe holds back liveness and is allowed its time" {
  server p '"--http", "8080", "--late", "3"' '      livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, failureThreshold: 1}
      startupProbe: {tcpSocket: {port: web}, periodSeconds: 1, failureThreshold: 30}' | play
  status_is p "$(of c started)" false
  unready p
  eventually 15 status_is p "$(of c started)" true
  ready p
  status_is p "$(of c restartCount)" 0
  has_event p Unhealthy "Startup probe failed: dial tcp"
  has_event p Unhealthy "connect: connection refused"
}

@test "grpc: SERVING, NOT_SERVING, a service that is not known" {
  server p '"--http", "8080", "--grpc", "50051"' \
    '      readinessProbe: {grpc: {port: 50051}, periodSeconds: 1, failureThreshold: 1}' | play
  eventually 10 ready p
  set_status p 500
  eventually 10 status_is p "$(of c probeFailure)" 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")'
  eventually 5 unready p
  server q '"--grpc", "50051"' '      readinessProbe: {grpc: {port: 50051, service: unknown}, periodSeconds: 1}' | play
  eventually 10 status_has q "$(of c probeFailure)" "rpc error: code = NotFound"
}

@test "exec: by exit code, the output is the message" {
  server p '"--http", "8080"' \
    '      readinessProbe: {exec: {command: [/probe-server, exists, /tmp/ok]}, periodSeconds: 1, failureThreshold: 1}' | play
  eventually 10 status_has p "$(of c probeFailure)" "Readiness probe failed: /tmp/ok is missing"
  skiff exec p-c /probe-server touch /tmp/ok
  eventually 10 ready p
}

@test "exec: a command that is not there is named, one that takes too long ends with what it has started" {
  server p '"--http", "8080"' '      readinessProbe: {exec: {command: [/no/such]}, periodSeconds: 1}' | play
  eventually 10 status_has p "$(of c probeFailure)" 'the command "/no/such" does not exist in the container'
  play << YAML
apiVersion: v1
kind: Pod
metadata: {name: q}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: busybox
      command: [sleep, "1000"]
      readinessProbe: {exec: {command: [sh, -c, "echo run >> /tmp/runs; sleep 987 & sleep 986"]}, periodSeconds: 30}
YAML
  eventually 10 status_has q "$(of c probeFailure)" "timed out after 1s"
  run skiff exec q-c cat /tmp/runs
  output_has run
  run eventually 3 no_sleeper q
  [[ $status == 0 ]]
}

no_sleeper() { ! skiff exec "$1-c" ps | grep -q 'sleep 98'; }

@test "a probe's own grace period ends a container that ignores the stop signal" {
  server p '"--http", "8080", "--status", "500", "--ignore-term"' \
    '      livenessProbe: {httpGet: {port: 8080, path: /healthz}, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 1}' |
    sed 's/terminationGracePeriodSeconds: 1$/terminationGracePeriodSeconds: 60/' | play
  eventually 20 restarted p c
  status_is p "$(of c lastExitCode)" 137
}

@test "a slow answer is a failure with the kubelet's words, redirects are followed, headers are a kubelet's" {
  server p '"--http", "8080"' '      readinessProbe: {httpGet: {port: 8080, path: /silent}, periodSeconds: 1, timeoutSeconds: 1}' | play
  eventually 10 status_has p "$(of c probeFailure)" "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
  for path in redirect elsewhere agent; do
    server "$path" '"--http", "8080"' "      readinessProbe: {httpGet: {port: 8080, path: /$path}, periodSeconds: 1}" | play
    eventually 10 ready "$path"
  done
  eventually 5 has_event elsewhere ProbeWarning "Probe terminated redirects"
}

@test "HTTPS without a check of the certificate, in the host's network" {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$BATS_TEST_TMPDIR"/key -out "$BATS_TEST_TMPDIR"/cert -days 1 -subj /CN=nobody 2> /dev/null
  openssl s_server -quiet -accept 127.0.0.1:8443 -key "$BATS_TEST_TMPDIR"/key -cert "$BATS_TEST_TMPDIR"/cert -www > /dev/null 2>&1 3>&- &
  tls=$!
  server p '"--tcp", "18080"' \
    '      readinessProbe: {httpGet: {scheme: HTTPS, host: 127.0.0.1, port: 8443, path: /}, periodSeconds: 1, timeoutSeconds: 5}' |
    sed 's/^spec:/spec:\n  hostNetwork: true/; /ports:/d' | play
  eventually 20 ready p
  kill "$tls"
  eventually 20 status_has p "$(of c probeFailure)" 'Get "https://127.0.0.1:8443/": dial tcp 127.0.0.1:8443: connect'
}

@test "in the host's network a probe without host asks the host, also one that has no default route and no other pod" {
  ip -br link | grep -q '^skiff' && return 1
  server p '"--http", "18081"' '      readinessProbe: {httpGet: {port: 18081, path: /healthz}, periodSeconds: 1}' |
    sed 's/^spec:/spec:\n  hostNetwork: true/; /ports:/d' | play
  eventually 10 ready p
  [ "$(skiff kube get pod p -o jsonpath='{.status.podIP}')" = 127.0.0.1 ]
}

@test "a port's name that the container does not have is an error with its place" {
  run play < <(server p '"--http", "8080"' '      readinessProbe: {httpGet: {port: metrics}}')
  [[ $status == 125 ]]
  output_has 'spec.containers[0].readinessProbe.httpGet.port: the container has no port named "metrics"'
}

@test "a killed supervisor: the next one goes on probing and forgets nothing" {
  server p '"--http", "8080"' \
    '      readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1, failureThreshold: 1}' | play
  eventually 10 ready p
  kill -9 "$(status p .supervisorPid)"
  eventually 10 ready p
  set_status p 500
  eventually 10 unready p
  set_status p 200
  eventually 10 ready p
  status_is p "$(of c restartCount)" 0
}

@test "generate writes probes and hooks back, and what it writes plays the same" {
  server p '"--http", "8080"' '      readinessProbe: {httpGet: {path: /healthz, port: web, httpHeaders: [{name: X-A, value: b}]}, periodSeconds: 2}
      livenessProbe: {exec: {command: [/probe-server, exists, /probe-server]}, terminationGracePeriodSeconds: 3}
      startupProbe: {grpc: {port: 8080, service: s}, failureThreshold: 9}
      lifecycle: {postStart: {exec: {command: [/probe-server, touch, /tmp/a]}}, preStop: {sleep: {seconds: 1}}}' | play
  skiff kube generate p > "$BATS_TEST_TMPDIR/generated.yaml"
  python3 - "$BATS_TEST_TMPDIR/generated.yaml" <<'PY'
import sys, yaml
c = [d for d in yaml.safe_load_all(open(sys.argv[1])) if d["kind"] == "Pod"][0]["spec"]["containers"][0]
assert c["readinessProbe"] == {"httpGet": {"path": "/healthz", "port": "web", "httpHeaders": [{"name": "X-A", "value": "b"}]}, "periodSeconds": 2}, c
assert c["livenessProbe"] == {"exec": {"command": ["/probe-server", "exists", "/probe-server"]}, "terminationGracePeriodSeconds": 3}, c
assert c["startupProbe"] == {"grpc": {"port": 8080, "service": "s"}, "failureThreshold": 9}, c
assert c["lifecycle"] == {"postStart": {"exec": {"command": ["/probe-server", "touch", "/tmp/a"]}}, "preStop": {"sleep": {"seconds": 1}}}, c
PY
  skiff pod rm -f -t 0 p
  run play < "$BATS_TEST_TMPDIR/generated.yaml"
  [[ $status == 0 ]]
}

@test "the HEALTHCHECK of an image that buildah has made" {
  skiff image load -i "$SKIFF_TEST_IMAGES/busybox.tar"
  local container
  container=$(buildah from --pull=never localhost/busybox:latest)
  buildah config --healthcheck 'CMD-SHELL test -e /tmp/well' --healthcheck-interval 1s --healthcheck-retries 1 "$container"
  buildah commit -q --format docker "$container" localhost/checked:1
  buildah rm "$container"
  skiff run -d --name checked localhost/checked:1 sleep 1000
  health_is() { [[ $(skiff inspect --format '{{.State.Health.Status}}' checked) == "$1" ]]; }
  eventually 10 health_is unhealthy
  skiff exec checked touch /tmp/well
  eventually 10 health_is healthy
  run skiff ps
  output_has "(healthy)"
  # Not in a pod from YAML: Kubernetes knows no HEALTHCHECK.
  skiff run -d --name unchecked --no-healthcheck localhost/checked:1 sleep 1000
  [[ $(skiff inspect --format '{{json .State}}' unchecked) != *'"healthy"'* ]]
}

# Mistakes in YAML: file, line, column, path and a suggestion; everything at once, before anything starts.

load common

setup_file() { common_setup_file; }
teardown() { remove_all; }

expect_error() {  # TEXT...; YAML on standard input
  cat > "$BATS_TEST_TMPDIR/app.yaml"
  cd "$BATS_TEST_TMPDIR"
  run skiff kube play app.yaml
  [ "$status" -eq 125 ] || { echo "status $status: $output"; return 1; }
  local text
  for text in "$@"; do output_has "$text"; done
  [ -z "$(skiff ps -aq)" ]
}

@test "a misspelled field, with line, column and suggestion" {
  expect_error 'app.yaml:5:3: error: unknown field "contaners"' 'did you mean "containers"?' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  contaners:
    - {name: c, image: localhost/busybox:latest}
YAML
}

@test "a stop signal: an unknown one at its field, and none without the system that has it" {
  expect_error 'app.yaml:9:21: error' 'spec.containers[0].lifecycle.stopSignal: Unsupported value: "SIGNONE"' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  os: {name: linux}
  containers:
    - name: c
      lifecycle:
        stopSignal: SIGNONE
      image: localhost/busybox:latest
YAML
  expect_error 'app.yaml:8:21: error' 'spec.containers[0].lifecycle.stopSignal: Forbidden' 'os: {name: linux}' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  containers:
    - name: c
      lifecycle:
        stopSignal: SIGUSR1
      image: localhost/busybox:latest
YAML
}

@test "all errors of a file at once" {
  expect_error 'app.yaml:6:' 'imge' 'app.yaml:7:' 'app.yaml:12:' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  containers:
    - {name: c, imge: localhost/busybox:latest}
    - {name: D_, image: localhost/busybox:latest}
---
apiVersion: v1
kind: Pod
metadata:
  name: Bad_Name
spec:
  containers: [{name: c, image: localhost/busybox:latest}]
YAML
}

@test "types are strict, as in Kubernetes" {
  expect_error 'app.yaml:5:' 'string' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: x}
spec: {containers: [{name: c, image: localhost/busybox:latest,
    env: [{name: PORT, value: 8080}]}]}
YAML
}

@test "syntax errors, unknown kinds and versions, an empty file" {
  expect_error 'app.yaml:3:18: error: not valid YAML: this [ is never closed' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: [
YAML
  expect_error 'Foo' << 'YAML'
apiVersion: v1
kind: Foo
metadata: {name: x}
YAML
  expect_error 'apps/v9' << 'YAML'
apiVersion: apps/v9
kind: Deployment
metadata: {name: x}
YAML
  expect_error 'app.yaml' < /dev/null
}

@test "references: a mount without its volume, a selector that does not match" {
  expect_error 'dat' 'did you mean "data"?' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  containers: [{name: c, image: localhost/busybox:latest, volumeMounts: [{name: dat, mountPath: /d}]}]
  volumes: [{name: data, emptyDir: {}}]
YAML
  expect_error 'selector' << 'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: x}
spec:
  selector: {matchLabels: {app: x}}
  template:
    metadata: {labels: {app: other}}
    spec: {containers: [{name: c, image: localhost/busybox:latest}]}
YAML
}

@test "what is missing is shown as mistakes of the text are, in its order" {
  expect_error 'app.yaml:5:34: error: Pod "x": spec.volumes[0].configMap: ConfigMap "absent" not found' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  volumes: [{name: v, configMap: {name: absent}}]
  containers:
    - name: c
      image: localhost/busybox:latest
      env:
        - {name: A, valueFrom: {secretKeyRef: {name: gone, key: k}}}
---
apiVersion: v1
kind: Pod
metadata: {name: z}
spec: {containers: [{name: c, image: localhost/busybox:latest, envFrom: [{configMapRef: {name: nowhere}}]}]}
YAML
  grep -o '^app.yaml:[0-9]*' <<< "$output" > places
  printf 'app.yaml:%s\n' 5 10 15 | diff - places
  grep -A2 '^app.yaml:10:47: ' <<< "$output" | tail -n 2 > excerpt
  printf '          %s\n  %s\n' '- {name: A, valueFrom: {secretKeyRef: {name: gone, key: k}}}' "$(printf '%47s' '^')" | diff - excerpt
  output_has 'Error: 3 errors in app.yaml; nothing was changed'
  run skiff kube play --publish nothing app.yaml
  [ "$status" -eq 125 ] && output_has 'Error: --publish nothing' && output_has 'Error: 3 errors in app.yaml; nothing was changed'
  run skiff kube apply -f app.yaml
  [ "$status" -eq 1 ] && output_has 'app.yaml:15' && output_has 'error: 3 errors in app.yaml; nothing was changed'
}

@test "an address that the network cannot give is found before a running pod is replaced" {
  skiff network create --subnet 10.99.7.0/24 blue
  pod() { printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec: {containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]}\n'; }
  pod | skiff kube play -q --network blue:ip=10.99.7.9 -
  before=$(skiff pod inspect --format '{{.Id}} {{.State}}' app)
  pod | { run skiff kube play --network blue:ip=10.1.2.3 -; echo "$status $output"; } > "$BATS_TEST_TMPDIR/out"
  grep -x '125 Error: --network: requested static ip 10.1.2.3 not in any subnet on network blue' "$BATS_TEST_TMPDIR/out"
  pod | { run skiff kube play --network blue:ip=10.99.7.1 -; echo "$status $output"; } > "$BATS_TEST_TMPDIR/out"
  grep '^125 Error: --network: address 10.99.7.1 cannot be given to a pod of network blue' "$BATS_TEST_TMPDIR/out"
  [ "$(skiff pod inspect --format '{{.Id}} {{.State}}' app)" = "$before" ]
  skiff pod rm -f -t 0 app
  skiff network rm blue
}

@test "an immutable ConfigMap that differs is found before its pods are replaced" {
  cd "$BATS_TEST_TMPDIR"
  version() {
    cat > app.yaml << YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: fixed}
immutable: true
data: {k: "$1"}
---
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sleep, "1000"]
      envFrom: [{configMapRef: {name: fixed}}]
YAML
  }
  version 1
  skiff kube play -q app.yaml
  id=$(skiff ps -q)
  version 2
  run skiff kube play app.yaml
  [ "$status" -eq 125 ] && output_has 'app.yaml:3:18: error: ConfigMap "fixed" is immutable' && output_has 'nothing was changed'
  [ "$(skiff ps -q)" = "$id" ]
  skiff kube play -q --replace app.yaml
  [ "$(skiff exec reader-c sh -c 'echo $k')" = 2 ]
}

@test "an image that cannot be had has its place too; the pod waits for it, as in Kubernetes" {
  cat > "$BATS_TEST_TMPDIR/app.yaml" << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  containers:
    - name: c
      image: localhost/absent:1
YAML
  cd "$BATS_TEST_TMPDIR"
  run skiff kube play app.yaml
  [ "$status" -eq 125 ]
  output_has 'app.yaml:7:14: error: Pod "x": spec.containers[0].image: ErrImagePull: image "localhost/absent:1"'
  skiff kube get pods x | grep -q ErrImagePull
}

@test "--validate=warn and ignore" {
  cat > "$BATS_TEST_TMPDIR/w.yaml" << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: w}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"], wrong: 1}]
YAML
  run skiff kube play --validate=warn "$BATS_TEST_TMPDIR/w.yaml"
  [ "$status" -eq 0 ]
  output_has warning
  output_has wrong
  remove_all
  run skiff kube play --validate=ignore "$BATS_TEST_TMPDIR/w.yaml"
  [ "$status" -eq 0 ]
  [[ $output != *wrong* ]]
}

@test "a field that has no effect yet is a warning" {
  run play << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: later}
spec:
  runtimeClassName: other
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sleep, "1000"]
YAML
  [ "$status" -eq 0 ]
  output_has warning
  output_has runtimeClassName
}

@test "what is found when pods are made has its place too" {
  expect_error 'app.yaml:4:73: error: start pod "x"' '/no/such/command' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {name: x}
spec: {containers: [{name: c, image: localhost/busybox:latest, command: [/no/such/command]}]}
YAML
  expect_error 'app.yaml:3:26' 'metadata.generateName' << 'YAML'
apiVersion: v1
kind: Pod
metadata: {generateName: x-}
spec: {containers: [{name: c, image: localhost/busybox:latest}]}
YAML
}

@test "--network with an unknown name leaves what runs alone" {
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: stays}\nspec: {terminationGracePeriodSeconds: 0, containers: [{name: c, image: localhost/busybox:latest, command: [sleep, "1000"]}]}\n' \
    > "$BATS_TEST_TMPDIR/stays.yaml"
  skiff kube play -q --network skiff "$BATS_TEST_TMPDIR/stays.yaml"
  id=$(skiff ps -q)
  run skiff kube play --network nope "$BATS_TEST_TMPDIR/stays.yaml"
  [ "$status" -eq 125 ] && output_has "unable to find network with name or ID nope"
  [ "$(skiff ps -q)" = "$id" ]
}

@test "nothing in a manifest that skiff supports is an error; an address is none of a file" {
  expect_error 'StatefulSet "db" (apps/v1) is not supported' 'app.yaml: error: no object of a kind' << 'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
YAML
  run skiff kube play https://example.com/app.yaml
  [ "$status" -eq 125 ] && output_has 'curl -fsSL https://example.com/app.yaml | skiff kube'
}

@test "a new version that cannot start leaves the pod that runs alone, and says which field is at fault" {
  cd "$BATS_TEST_TMPDIR"
  version() {  # COMMAND HOSTPATH-TYPE HOSTPORT
    cat > app.yaml << YAML
apiVersion: v1
kind: Pod
metadata: {name: stays}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [$1, "1000"]
      ports:
        - {containerPort: 80, hostIP: 127.0.0.1, hostPort: $3}
      volumeMounts: [{name: v, mountPath: /scripts}]
  volumes:
    - name: v
      hostPath: {path: $BATS_TEST_TMPDIR/host, type: $2}
YAML
  }
  refused() {  # PLACE FIELD TEXT
    run skiff kube play app.yaml
    [ "$status" -eq 125 ] || { echo "status $status: $output"; return 1; }
    output_has "app.yaml:$1: "
    output_has "$2: "
    output_has "$3"
    output_has "what there was is left as it is"
    [ "$(skiff ps -q)" = "$id" ]
  }
  mkdir host
  printf '#!/bin/sh\nsleep $1\n' > host/run && chmod +x host/run
  version sleep Directory 7070
  skiff kube play -q app.yaml
  id=$(skiff ps -q)
  version /no/such Directory 7070
  refused 9:16 'spec.containers[0].command' '"/no/such" does not exist'
  version /etc Directory 7070
  refused 9:16 'spec.containers[0].command' '"/etc" cannot be executed'
  version sleep Socket 7070
  refused 15:24 'spec.volumes[0].hostPath.path' 'is not a socket file'
  skiff run -d --name holder -p 127.0.0.1:7071:80 localhost/busybox:latest sleep 1000
  id=$(skiff ps -q)
  version sleep Directory 7071
  refused 11:60 'spec.containers[0].ports[0].hostPort' 'port 127.0.0.1:7071/tcp is in use by'
  skiff rm -f -t 0 holder
  # The pod's own port counts as free, and what a volume brings as there.
  version /scripts/run Directory 7070
  skiff kube play -q app.yaml
  [ "$(skiff ps -q)" != "$id" ]
  skiff exec stays-c ps | grep -q /scripts/run
}

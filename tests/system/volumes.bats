# Volumes and mounts.

load common

setup_file() { common_setup_file; }
teardown() { remove_all; skiff volume rm -a -f > /dev/null 2>&1 || true; }

two_containers() {  # NAME, volumes and mounts below
  cat << YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - {name: a, image: localhost/busybox:latest, command: [sleep, "1000"], volumeMounts: [{name: v, mountPath: /v}]}
    - {name: b, image: localhost/busybox:latest, command: [sleep, "1000"], volumeMounts: [{name: v, mountPath: /v}]}
  volumes: [{name: v, $2}]
YAML
}

@test "emptyDir is shared in the pod and private to it" {
  { two_containers one 'emptyDir: {}'; echo ---; two_containers two 'emptyDir: {}'; } | play
  in_pod one a sh -c 'echo hello > /v/f'
  [ "$(in_pod one b cat /v/f)" = hello ]
  run in_pod two a cat /v/f
  [ "$status" -ne 0 ]
  [ "$(in_pod one a stat -c %a /v)" = 777 ]
}

@test "emptyDir in memory: one tmpfs for the pod with its size" {
  two_containers mem 'emptyDir: {medium: Memory, sizeLimit: 1Mi}' | play
  in_pod mem a sh -c 'echo hello > /v/f'
  [ "$(in_pod mem b cat /v/f)" = hello ]
  in_pod mem a grep ' /v ' /proc/mounts | grep -q '^tmpfs'
  run in_pod mem a dd if=/dev/zero of=/v/big bs=1M count=2
  [ "$status" -ne 0 ]
}

@test "hostPath: types, and relative to the YAML file" {
  mkdir -p "$BATS_TEST_TMPDIR/app/data"
  echo content > "$BATS_TEST_TMPDIR/app/data/f"
  two_containers rel 'hostPath: {path: ./data, type: Directory}' > "$BATS_TEST_TMPDIR/app/pod.yaml"
  (cd / && skiff kube play "$BATS_TEST_TMPDIR/app/pod.yaml")
  [ "$(in_pod rel a cat /v/f)" = content ]
  run play < <(two_containers bad "hostPath: {path: $BATS_TEST_TMPDIR/app/data/f, type: Directory}")
  [ "$status" -eq 125 ]
  output_has "hostPath type check failed"
  output_has "is not a directory"
  two_containers made "hostPath: {path: $BATS_TEST_TMPDIR/new/deep, type: DirectoryOrCreate}" | play
  [ -d "$BATS_TEST_TMPDIR/new/deep" ]
}

@test "ConfigMap and Secret volumes: files, modes, items, read-only, atomic layout" {
  play << YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {a.txt: "A", b.txt: "B"}
binaryData: {bin: AAEC}
---
apiVersion: v1
kind: Secret
metadata: {name: sec}
stringData: {token: tok}
---
apiVersion: v1
kind: Pod
metadata: {name: files}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sleep, "1000"]
      volumeMounts:
        - {name: all, mountPath: /all}
        - {name: some, mountPath: /some}
        - {name: sec, mountPath: /sec}
        - {name: all, mountPath: /etc/one.conf, subPath: a.txt}
        - {name: none, mountPath: /none}
  volumes:
    - {name: all, configMap: {name: conf}}
    - {name: some, configMap: {name: conf, defaultMode: 0440, items: [{key: a.txt, path: deep/renamed, mode: 0600}, {key: b.txt, path: b}]}}
    - {name: sec, secret: {secretName: sec, defaultMode: 0400}}
    - {name: none, configMap: {name: absent, optional: true}}
YAML
  [ "$(in_pod files c cat /all/a.txt)" = A ]
  [ "$(in_pod files c readlink /all/a.txt)" = ..data/a.txt ]
  [ "$(in_pod files c cat /all/bin | od -An -tx1 | tr -d ' ')" = 000102 ]
  [ "$(in_pod files c stat -L -c %a /some/deep/renamed)" = 600 ]
  [ "$(in_pod files c stat -L -c %a /some/b)" = 440 ]
  [ "$(in_pod files c stat -L -c %a /sec/token)" = 400 ]
  [ "$(in_pod files c cat /etc/one.conf)" = A ]
  [ -z "$(in_pod files c ls /none)" ]
  run in_pod files c sh -c 'echo x > /all/new'
  [ "$status" -ne 0 ]
  output_has "Read-only"
}

@test "persistentVolumeClaim: created, kept by down, removed by down --force" {
  cat > "$BATS_TEST_TMPDIR/pvc.yaml" << YAML
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: store}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
$(two_containers keep 'persistentVolumeClaim: {claimName: store}')
YAML
  skiff kube play "$BATS_TEST_TMPDIR/pvc.yaml"
  in_pod keep a sh -c 'echo kept > /v/f'
  skiff kube down "$BATS_TEST_TMPDIR/pvc.yaml"
  skiff kube play "$BATS_TEST_TMPDIR/pvc.yaml"
  [ "$(in_pod keep b cat /v/f)" = kept ]
  skiff kube down --force "$BATS_TEST_TMPDIR/pvc.yaml"
  ! skiff volume ls -q | grep -qx store || false
}

@test "subPath is a folder of the volume and cannot leave it; readOnly mounts are" {
  mkdir -p "$BATS_TEST_TMPDIR/vol/inner"
  ln -s / "$BATS_TEST_TMPDIR/vol/escape"
  pod_with() {
    cat << YAML
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sleep, "1000"]
      volumeMounts: [{name: v, mountPath: /m, subPath: $2}, {name: v, mountPath: /r, readOnly: true}]
  volumes: [{name: v, hostPath: {path: $BATS_TEST_TMPDIR/vol}}]
YAML
  }
  pod_with good inner | play
  in_pod good c touch /m/f
  [ -e "$BATS_TEST_TMPDIR/vol/inner/f" ]
  run in_pod good c touch /r/f
  [ "$status" -ne 0 ]
  run play < <(pod_with bad escape/etc)
  [ "$status" -eq 125 ]
  output_has "subPath"
}

@test "a restarted container keeps the volumes and loses its writable layer" {
  play << YAML
apiVersion: v1
kind: Pod
metadata: {name: fresh}
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sh, -c, "echo x >> /v/count; echo y >> /count; [ \$(wc -l < /v/count) -ge 2 ] && sleep 1000; exit 1"]
      volumeMounts: [{name: v, mountPath: /v}]
  volumes: [{name: v, emptyDir: {}}]
YAML
  eventually 10 sh -c '[ "$(skiff exec fresh-c cat /v/count 2>/dev/null | wc -l)" = 2 ]'
  [ "$(in_pod fresh c cat /count | wc -l)" = 1 ]
}

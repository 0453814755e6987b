# Whole manifests as people write them, many fields at once: checked from inside the containers and from the kernel, and each
# of them played again from what `kube generate` makes of it.

load common

setup_file() { common_setup_file; }
teardown() { remove_all; skiff volume rm -a -f > /dev/null 2>&1 || true; }

# play -> generate -> down -> play -> generate: the same YAML. Secrets are not generated: OTHER is played for them.
round_trip() {  # MANIFEST OTHER NAME...
  local manifest=$1 other=$2
  shift 2
  cd "$BATS_TEST_TMPDIR"
  skiff kube generate "$@" > first.yaml
  skiff kube down "$manifest"
  [[ -z $other ]] || skiff kube play -q "$other"
  skiff kube play -q first.yaml
  skiff kube generate "$@" > second.yaml
  diff first.yaml second.yaml
}

@test "volumes of every kind, with modes, items, groups and paths" {
  cd "$BATS_TEST_TMPDIR"
  mkdir -p hp/dir
  echo hi > hp/file
  cat > secret.yaml << 'YAML'
apiVersion: v1
kind: Secret
metadata: {name: tls}
type: kubernetes.io/tls
stringData: {tls.crt: CERT, tls.key: KEY}
YAML
  {
    cat secret.yaml
    cat << 'YAML'
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cm}
data: {a.conf: "A\n", b.conf: "B\n", c.conf: "C\n"}
binaryData: {raw.bin: "//79AA=="}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1.5Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: vols}
spec:
  terminationGracePeriodSeconds: 0
  securityContext: {fsGroup: 2000, supplementalGroups: [3000, 4000], runAsUser: 2222, runAsGroup: 1500}
  volumes:
  - {name: all, configMap: {name: cm, defaultMode: 0400}}
  - {name: some, configMap: {name: cm, items: [{key: a.conf, path: sub/dir/one}, {key: b.conf, path: two, mode: 0o755}]}}
  - {name: dec, secret: {secretName: tls, defaultMode: 256}}
  - name: proj
    projected:
      defaultMode: 0440
      sources:
      - configMap: {name: cm, items: [{key: c.conf, path: c}]}
      - secret: {name: tls, items: [{key: tls.key, path: k/key, mode: 0400}]}
      - downwardAPI: {items: [{path: cpu, resourceFieldRef: {containerName: c, resource: requests.cpu, divisor: 1m}}]}
  - {name: mem, emptyDir: {medium: Memory, sizeLimit: 4Mi}}
  - {name: disk, emptyDir: {}}
  - name: nothing
  - {name: pvc, persistentVolumeClaim: {claimName: claim}}
  - {name: pvcro, persistentVolumeClaim: {claimName: claim, readOnly: true}}
  - {name: hfile, hostPath: {path: ./hp/file, type: File}}
  - {name: hnew, hostPath: {path: hp/new/deep, type: DirectoryOrCreate}}
  - {name: hnewf, hostPath: {path: hp/newfile, type: FileOrCreate}}
  - {name: hany, hostPath: {path: hp}}
  containers:
  - name: c
    image: localhost/busybox:latest
    command: [sleep, "3600"]
    resources: {requests: {cpu: 100m}}
    env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
    volumeMounts:
    - {name: all, mountPath: /all}
    - {name: some, mountPath: /some/}
    - {name: dec, mountPath: /dec, readOnly: no}
    - {name: proj, mountPath: /proj}
    - {name: mem, mountPath: /mem}
    - {name: disk, mountPath: /disk}
    - {name: disk, mountPath: /disk-sub, subPath: x/y}
    - {name: disk, mountPath: /disk-expr, subPathExpr: $(POD)/logs}
    - {name: nothing, mountPath: /nothing}
    - {name: pvc, mountPath: /pvc}
    - {name: pvcro, mountPath: /pvcro}
    - {name: hfile, mountPath: /h/file, readOnly: yes}
    - {name: hnew, mountPath: /h/new}
    - {name: hnewf, mountPath: /h/newf}
    - {name: hany, mountPath: "/h/any:with colon", readOnly: true}
    - {name: all, mountPath: /etc/single.conf, subPath: a.conf}
YAML
  } > vols.yaml
  skiff kube play -q vols.yaml
  run in_pod vols c sh -c '
    echo "all: $(ls /all | tr "\n" " ")$(stat -L -c "%a %u %g" /all/a.conf) $(cat /all/a.conf)"
    echo "some: $(ls /some | tr "\n" " ")$(stat -L -c %a /some/sub/dir/one) $(stat -L -c %a /some/two) $(cat /some/two)"
    echo "secret: $(stat -L -c %a /dec/tls.crt) $(cat /dec/tls.crt)"; touch /dec/x
    echo "projected: $(cat /proj/c /proj/cpu) $(cat /proj/k/key) $(stat -L -c %a /proj/k/key)"
    echo "memory: $(grep -o " /mem .*size=4096k" /proc/mounts | cut -d" " -f2) $(stat -c "%a %u %g" /mem)"
    touch /disk/f; echo "disk: $(stat -c "%a %u %g" /disk) $(stat -c "%u %g" /disk/f)"
    touch /disk/x/y/inner /disk-expr/l; echo "sub: $(ls /disk-sub) $(ls /disk/vols/logs) nothing:$(ls /nothing)"
    echo kept > /pvc/f; echo "claim: $(cat /pvcro/f) $(stat -c %g /pvc)"; touch /pvcro/x
    echo "host: $(cat /h/file) $(cat "/h/any:with colon/file") $(cat /etc/single.conf)"
    echo "groups: $(id -g) $(id -G)"'
  for wanted in 'all: a.conf b.conf c.conf raw.bin 440 0 2000 A' 'some: sub two 644 755 B' 'secret: 440 CERT' \
    'projected: C' '100 KEY 440' 'memory: /mem 2777 0 2000' 'disk: 2777 0 2000 2222 2000' 'sub: inner l nothing:' \
    'claim: kept 2000' 'host: hi hi A' '/dec/x: Read-only' '/pvcro/x: Read-only'; do
    output_has "$wanted"
  done
  [[ $(in_pod vols c id -G | tr ' ' '\n' | sort -n | tr '\n' ' ') == *"2000 3000 4000 "* ]]
  [ "$(stat -c '%a %u' hp/new/deep hp/newfile)" = $'755 0\n644 0' ]
  round_trip vols.yaml secret.yaml vols
}

@test "YAML as it is written: anchors, merge keys, 1.1 booleans, octal numbers, block texts, quantities of all spellings" {
  cat > "$BATS_TEST_TMPDIR/yaml.yaml" << 'YAML'
%YAML 1.1
---
# an empty document follows
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: dep, labels: &labels {app: dep, tier: backend}}
spec:
  replicas: 0x2
  selector: {matchLabels: {<<: *labels}, matchExpressions: [{key: tier, operator: In, values: [backend, other]}]}
  template:
    metadata:
      labels: {<<: *labels, version: "1.10"}
      annotations: {a: "yes", b: 'no', c: "1e3", d: "~", e: "null", f: "", g: "0o17", h: " lead", i: "#none", j: "a: b", k: "tab\there"}
    spec:
      terminationGracePeriodSeconds: 0
      shareProcessNamespace: OFF
      containers:
      - &c
        name: a
        image: localhost/busybox:latest
        command: [sh, -c]
        args:
        - >-
          echo folded
          text > /f;
          exec sleep 3600
        env: [{name: E, value: "1.10"}, {name: U, value: "žluťoučký 日本 🎉"}]
        tty: Yes
        securityContext: {runAsUser: 0o17, runAsGroup: 017, readOnlyRootFilesystem: no}
        ports: [{containerPort: 0x50}, {containerPort: 0o120, protocol: UDP}]
      - <<: *c
        name: b
        args:
        - |
          cat > /dev/shm/f << EOF
          line "1"
            indented \n
          EOF
          exec sleep 3600
        env: [{name: E, value: '0x10'}]
        resources: {requests: {cpu: 1e-1, memory: 1e6}, limits: {cpu: "0.25", memory: 128974848000m}}
YAML
  cd "$BATS_TEST_TMPDIR"
  if ! grep -qw memory /sys/fs/cgroup/cgroup.controllers 2> /dev/null && [[ ! -d /sys/fs/cgroup/memory ]]; then skip "no limits here"; fi
  skiff kube play -q yaml.yaml
  [ "$(skiff pod ps -q | wc -l)" -eq 2 ]
  pod=$(skiff pod ps --format '{{.Name}}' | head -1)
  [ "$(in_pod "$pod" a sh -c 'echo $E $U $(id -u) $(id -g)')" = '1.10 žluťoučký 日本 🎉 15 15' ]
  [ "$(in_pod "$pod" b sh -c 'echo $E')" = 0x10 ]
  eventually 5 in_pod "$pod" b test -s /dev/shm/f
  [ "$(in_pod "$pod" b cat /dev/shm/f)" = $'line "1"\n  indented \\n' ]
  if [[ -d /sys/fs/cgroup/memory ]]; then
    pid=$(skiff inspect --format '{{.State.Pid}}' "$pod-b")
    group=$(sed -n 's/^[0-9]*:cpu://p' "/proc/$pid/cgroup")
    [ "$(cat "/sys/fs/cgroup/cpu$group/cpu.shares" "/sys/fs/cgroup/cpu$group/cpu.cfs_quota_us")" = $'102\n25000' ]
    [ "$(cat "/sys/fs/cgroup/memory$group/memory.limit_in_bytes")" = $((128974848 / 4096 * 4096)) ]
  fi
  round_trip yaml.yaml "" dep
}

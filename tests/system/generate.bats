# kube generate: YAML that plays again to the same pod.

load common

setup_file() { common_setup_file; }
teardown() { remove_all; }

@test "from a pod that came from YAML" {
  play << YAML
apiVersion: v1
kind: Pod
metadata: {name: gen, labels: {app: gen}}
spec:
  terminationGracePeriodSeconds: 1
  hostAliases: [{ip: 10.1.1.1, hostnames: [a.test]}]
  containers:
    - name: c
      image: localhost/busybox:latest
      command: [sh, -c, "sleep 1000"]
      env: [{name: A, value: "8080"}, {name: B, value: "yes"}]
      ports: [{containerPort: 80, hostPort: 8087}]
      resources: {limits: {memory: 64Mi}}
      volumeMounts: [{name: v, mountPath: /v}]
  volumes: [{name: v, emptyDir: {}}]
YAML
  skiff kube generate gen > "$BATS_TEST_TMPDIR/gen.yaml"
  skiff pod rm -f -t 0 gen
  run skiff kube play "$BATS_TEST_TMPDIR/gen.yaml"
  [ "$status" -eq 0 ] || { echo "$output"; cat "$BATS_TEST_TMPDIR/gen.yaml"; false; }
  run in_pod gen c env
  output_has A=8080
  output_has B=yes
  in_pod gen c grep -q a.test /etc/hosts
  skiff kube generate gen > "$BATS_TEST_TMPDIR/again.yaml"
  diff "$BATS_TEST_TMPDIR/gen.yaml" "$BATS_TEST_TMPDIR/again.yaml"
}

@test "from containers of run and pod create, with -f and -s" {
  skiff pod create --name made -p 8086:80
  skiff run -d --pod made --name web -e X=1 -v /etc:/host-etc:ro --cap-add NET_ADMIN localhost/busybox:latest sleep 1000
  capabilities=$(skiff exec web grep CapBnd /proc/1/status)
  skiff kube generate -s -f "$BATS_TEST_TMPDIR/made.yaml" made
  grep -q 'kind: Service' "$BATS_TEST_TMPDIR/made.yaml"
  grep -q 'kind: Pod' "$BATS_TEST_TMPDIR/made.yaml"
  run skiff kube generate -f "$BATS_TEST_TMPDIR/made.yaml" made
  [ "$status" -eq 125 ]
  skiff kube generate made > "$BATS_TEST_TMPDIR/made2.yaml"
  skiff pod rm -f -t 0 made
  run skiff kube play "$BATS_TEST_TMPDIR/made2.yaml"
  [ "$status" -eq 0 ] || { echo "$output"; cat "$BATS_TEST_TMPDIR/made2.yaml"; false; }
  [ "$(in_pod made web sh -c 'echo $X')" = 1 ]
  in_pod made web test -e /host-etc/hostname
  [ "$(in_pod made web grep CapBnd /proc/1/status)" = "$capabilities" ]
  run skiff kube generate absent
  [ "$status" -eq 125 ]
}

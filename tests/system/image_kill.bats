# pull, load and rmi killed at random moments; tests/system/image-kill-loop says how to run it for long, SKIFF_KILL_ROUNDS=200
# does so here.

load common

@test "kill -9 of pull, load and rmi" {
  "$BATS_TEST_DIRNAME/image-kill-loop" --rounds "${SKIFF_KILL_ROUNDS:-3}" pull load rmi
}

@test "kill -9 of one of skiff and podman while both pull the same image" {
  "$BATS_TEST_DIRNAME/image-kill-loop" --rounds "${SKIFF_KILL_ROUNDS:-1}" podman
}

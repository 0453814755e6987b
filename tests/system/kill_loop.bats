# Commands and pods killed at random moments; tests/system/kill-loop says how to run it for long.

load common

@test "kill -9 of play, down, pod rm and run" {
  "$BATS_TEST_DIRNAME/kill-loop" --rounds 6 play down pod-rm run play-steps down-steps
}

@test "kill -9 of a pod's processes while it is made and taken down" {
  "$BATS_TEST_DIRNAME/kill-loop" --rounds 8 any
  "$BATS_TEST_DIRNAME/kill-loop" --rounds 4 sandbox
}

@test "20 plays and downs at once of one file and of 20" {
  "$BATS_TEST_DIRNAME/kill-loop" --rounds 2 storm
}

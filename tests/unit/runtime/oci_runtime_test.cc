#include "runtime/oci_runtime.h"

#include <gmock/gmock.h>

#include "common/file.h"
#include "common/ids.h"
#include "runtime/runtime_log.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using testing::ElementsAre;

class OciRuntimeTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = testing::TempDir() + "/oci-runtime-" + common::RandomHex(8);
    ASSERT_TRUE(common::MakeDirectories(base_));
    ASSERT_TRUE(common::WriteFile(base_ + "/config.json", R"({"process":{"args":["/bin/app","x"]}})"));
    options_ = {.id = "c1", .bundle = base_, .pid_file = base_ + "/pid", .log_file = base_ + "/log"};
  }
  void TearDown() override { EXPECT_TRUE(common::RemoveTree(base_)); }

  common::Error ErrorFor(const std::string& log) {
    EXPECT_TRUE(common::WriteFile(base_ + "/log", log));
    return runtime_.RunError(options_, 1);
  }

  std::string base_;
  OciRuntime runtime_{"crun", "/run/x"};
  OciRuntime::RunOptions options_;
};

TEST_F(OciRuntimeTest, CommandLines) {
  EXPECT_THAT(runtime_.RunArgv(options_),
              ElementsAre("crun", "--root", "/run/x", "--log", base_ + "/log", "--log-format", "json", "run",
                          "--detach", "--bundle", base_, "--pid-file", base_ + "/pid", "c1"));
  options_.log_file.clear();
  options_.console_socket = "/s";
  EXPECT_THAT(runtime_.RunArgv(options_),
              ElementsAre("crun", "--root", "/run/x", "run", "--detach", "--bundle", base_, "--pid-file",
                          base_ + "/pid", "--console-socket", "/s", "c1"));
  EXPECT_THAT(runtime_.ExecArgv("c1", "/p.json"),
              ElementsAre("crun", "--root", "/run/x", "exec", "--process", "/p.json", "c1"));
}

TEST_F(OciRuntimeTest, MissingCommand) {
  const auto crun = ErrorFor(
      R"({"msg":"executable file `/bin/app` not found in $PATH: No such file or directory","level":"error","time":"t"})");
  EXPECT_EQ(crun.code(), ErrorCode::kCommandNotFound);
  EXPECT_EQ(crun.message(),
            "the command \"/bin/app\" does not exist in the container (crun: executable file `/bin/app` not "
            "found in $PATH: "
            "No such file or directory)");
  const auto runc = ErrorFor(
      R"({"level":"error","msg":"runc run failed: unable to start container process: exec: \"/bin/app\": stat /bin/app: no such file or directory","time":"t"})");
  EXPECT_EQ(runc.code(), ErrorCode::kCommandNotFound);
}

TEST_F(OciRuntimeTest, UnusableCommand) {
  for (const char* message :
       {"open executable: Permission denied", "open executable: Operation not permitted",
        "the path `/bin/app` exists but it is not executable: Operation not permitted",
        "runc run failed: unable to start container process: exec: \\\"/bin\\\": permission denied",
        "exec container process `/bin/app`: Exec format error", "exec /bin/app: exec format error"}) {
    const auto error = ErrorFor(std::string(R"({"level":"error","msg":")") + message + "\"}");
    EXPECT_EQ(error.code(), ErrorCode::kCommandNotExecutable) << message;
  }
}

TEST_F(OciRuntimeTest, FileOverFolder) {
  const auto error = ErrorFor(R"({"msg":"mount `/v` to `etc`: Not a directory","level":"error","time":"t"})");
  EXPECT_EQ(error.message(),
            "crun: mount `/v` to `etc`: Not a directory (of what is mounted and its place one is a file and the other a "
            "folder)");
}

TEST_F(OciRuntimeTest, OtherFailuresAreNotTakenForTheCommands) {
  for (const char* message : {"error stat'ing file `/nosuchsource`: No such file or directory",
                              "open `/proc/999999/ns/net`: No such file or directory",
                              "setrlimit `RLIMIT_NOFILE`: Operation not permitted"}) {
    const auto error = ErrorFor(std::string(R"({"level":"error","msg":")") + message + "\"}");
    EXPECT_EQ(error.code(), ErrorCode::kInternal) << message;
    EXPECT_EQ(error.message(), std::string("crun: ") + message);
  }
}

TEST_F(OciRuntimeTest, TheLastErrorCounts) {
  const auto error = ErrorFor(
      "{\"level\":\"error\",\"msg\":\"first\"}\n{\"level\":\"error\",\"msg\":\"runc run failed: second\"}\n"
      "{\"level\":\"warning\",\"msg\":\"third\"}\n");
  EXPECT_EQ(error.message(), "crun: second");
  EXPECT_EQ(ErrorFor("plain text\n").message(), "crun: plain text");
}

TEST_F(OciRuntimeTest, SilenceIsReported) {
  EXPECT_EQ(runtime_.RunError(options_, 137).message(), "crun ended with exit code 137 and did not say why");
}

TEST_F(OciRuntimeTest, RunReportsThePidOfThePidFile) {
  const std::string program = base_ + "/fake";
  ASSERT_TRUE(common::WriteFile(program, "#!/bin/sh\necho 4711 > " + base_ + "/pid\n", 0755));
  const auto pid = OciRuntime(program, base_).RunDetached(options_);
  ASSERT_TRUE(pid) << pid.error().message();
  EXPECT_EQ(*pid, 4711);
}

TEST_F(OciRuntimeTest, RunReportsWhatTheRuntimeLogged) {
  const std::string program = base_ + "/fake";
  ASSERT_TRUE(common::WriteFile(base_ + "/log", "{\"level\":\"error\",\"msg\":\"of an earlier start\"}"));
  ASSERT_TRUE(common::WriteFile(program, "#!/bin/sh\nexit 3\n", 0755));
  const auto silent = OciRuntime(program, base_).RunDetached(options_);
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().message(), "fake ended with exit code 3 and did not say why");
}

TEST_F(OciRuntimeTest, UnknownContainers) {
  const std::string program = base_ + "/fake";
  ASSERT_TRUE(common::WriteFile(program, "#!/bin/sh\necho refused >&2\nexit 1\n", 0755));
  const OciRuntime runtime(program, base_ + "/root");
  EXPECT_FALSE(runtime.Knows("c1"));
  EXPECT_TRUE(runtime.DeleteForced("c1"));
  EXPECT_EQ(runtime.Kill("c1", 15).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(common::MakeDirectories(base_ + "/root/c1"));
  EXPECT_TRUE(runtime.Knows("c1"));
  EXPECT_EQ(runtime.DeleteForced("c1").error().message(), "delete container c1: " + program + ": refused");
  EXPECT_EQ(runtime.Kill("c1", 15).error().message(),
            "send signal 15 to container c1: " + program + ": refused");
}

}  // namespace
}  // namespace skiff::runtime

#include "pod/supervisor/termination_message.h"

#include <gtest/gtest.h>

#include "common/file.h"
#include "tests/unit/temporary_directory.h"

namespace skiff::supervisor {
namespace {

class TerminationMessageTest : public testing::Test {
 protected:
  TerminationMessageTest() {
    plan_.termination_message_file = directory_.path() + "/message";
    plan_.log_dir = directory_.path();
    plan_.message_from_log = true;
    status_.exit_code = 1;
    status_.restart_count = 2;
    Write("message", "");
    Write("2.log", "2026-01-01T00:00:00.0Z stdout F first\n2026-01-01T00:00:00.0Z stderr P sec\n"
                   "2026-01-01T00:00:00.0Z stderr F ond\n");
  }
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(common::WriteFile(directory_.path() + "/" + name, text));
  }
  std::string Message(size_t containers = 1) const { return TerminationMessage(plan_, containers, status_); }

  TemporaryDirectory directory_;
  ContainerPlan plan_;
  ContainerStatus status_;
};

TEST_F(TerminationMessageTest, TheFileWins) {
  Write("message", "because");
  EXPECT_EQ(Message(), "because");
}

TEST_F(TerminationMessageTest, OnlyItsEnd) {
  Write("message", std::string(5000, 'a') + "end");
  EXPECT_EQ(Message().size(), 4096u);
  EXPECT_TRUE(Message().ends_with("end"));
  EXPECT_EQ(Message(12).size(), 1024u) << "12 KiB for the whole pod";
}

TEST_F(TerminationMessageTest, TheLogStandsInForAFailedRun) {
  EXPECT_EQ(Message(), "first\nsecond\n");
  status_.exit_code = 0;
  EXPECT_EQ(Message(), "");
  status_.exit_code = 1;
  plan_.message_from_log = false;
  EXPECT_EQ(Message(), "");
}

TEST_F(TerminationMessageTest, ALinkIsNotFollowed) {
  ASSERT_TRUE(common::RemoveFile(plan_.termination_message_file));
  ASSERT_EQ(::symlink("/etc/passwd", plan_.termination_message_file.c_str()), 0);
  plan_.message_from_log = false;
  EXPECT_EQ(Message(), "");
}

TEST(LogTail, LastLinesAndBytes) {
  std::string log;
  for (int i = 0; i < 100; ++i) log += fmt::format("T stdout F line {}\n", i);
  EXPECT_EQ(LogTail(log, 2, 100), "line 98\nline 99\n");
  EXPECT_EQ(LogTail(log, 2, 8), "line 99\n");
  EXPECT_EQ(LogTail("", 2, 8), "");
  EXPECT_EQ(LogTail("T stdout F \n", 2, 8), "\n") << "an empty line is one";
}

}  // namespace
}  // namespace skiff::supervisor

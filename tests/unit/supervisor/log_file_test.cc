#include "pod/supervisor/log_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "common/file.h"
#include "tests/unit/temporary_directory.h"

namespace skiff::supervisor {
namespace {

TEST(LogFile, AppendsWithTheModeOfLogs) {
  const TemporaryDirectory directory;
  {
    auto log = LogFile::Open(directory.path() + "/logs", 3);
    ASSERT_TRUE(log && log->Append("one\n"));
  }
  auto log = LogFile::Open(directory.path() + "/logs", 3);
  ASSERT_TRUE(log && log->Append("two\n"));
  EXPECT_EQ(log->size(), 8u);
  EXPECT_EQ(common::ReadFile(directory.path() + "/logs/3.log").value(), "one\ntwo\n");
  struct stat info;
  ASSERT_EQ(::stat((directory.path() + "/logs/3.log").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST(LogFile, RotatesAndKeepsFive) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(common::WriteFile(directory.path() + "/10.log", "another run's"));
  auto log = LogFile::Open(directory.path(), 0, 4);
  ASSERT_TRUE(log);
  for (const char* text : {"aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff", "gg"}) ASSERT_TRUE(log->Append(text));
  const auto names = common::ListDirectory(directory.path()).value();
  ASSERT_EQ(names.size(), LogFile::kMaxFiles + 1);
  EXPECT_EQ(names[0], "0.log");
  EXPECT_EQ(common::ReadFile(directory.path() + "/0.log").value(), "gg");
  std::string kept;
  for (size_t i = 1; i < LogFile::kMaxFiles; ++i) kept += common::ReadFile(directory.path() + "/" + names[i]).value();
  EXPECT_EQ(kept, "ccccddddeeeeffff");
}

TEST(LogFile, TakesBackWhatWasNotCommitted) {
  const TemporaryDirectory directory;
  auto log = LogFile::Open(directory.path(), 0);
  ASSERT_TRUE(log && log->Append("committed") && log->Append("not"));
  ASSERT_TRUE(log->TruncateTo(9));
  EXPECT_EQ(common::ReadFile(directory.path() + "/0.log").value(), "committed");
  // Smaller than what was committed: a rotation came between, and nothing of the new file is committed.
  ASSERT_TRUE(log->TruncateTo(100));
  EXPECT_EQ(common::ReadFile(directory.path() + "/0.log").value(), "");
  EXPECT_EQ(log->size(), 0u);
}

}  // namespace
}  // namespace skiff::supervisor

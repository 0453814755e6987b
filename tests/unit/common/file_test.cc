#include "common/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "common/file_lock.h"

namespace skiff::common {
namespace {

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory_), nullptr); }
  void TearDown() override { EXPECT_TRUE(RemoveTree(directory_)); }
  std::string Path(const std::string& name) const { return JoinPath(directory_, name); }

 private:
  char directory_[32] = "/tmp/skiff-file-test-XXXXXX";
};

TEST_F(FileTest, AtomicWriteReplacesTheWholeContentAndSetsTheMode) {
  ASSERT_TRUE(WriteFileAtomic(Path("f"), "a longer first content", 0644));
  ASSERT_TRUE(WriteFileAtomic(Path("f"), "short", 0600));
  EXPECT_EQ(*ReadFile(Path("f")), "short");
  struct stat info;
  ASSERT_EQ(::stat(Path("f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_EQ(ListDirectory(Path("")) ->size(), 1u) << "no temporary file is left";
}

TEST_F(FileTest, AtomicWriteTakesOverWhatAKilledWriterLeft) {
  ASSERT_TRUE(WriteFile(Path("f.tmp"), "longer than what is to be written"));
  ASSERT_TRUE(WriteFileAtomic(Path("f"), "new"));
  EXPECT_EQ(*ReadFile(Path("f")), "new");
  EXPECT_EQ(ListDirectory(Path(""))->size(), 1u);
}

TEST_F(FileTest, AtomicWritersAtOnceLeaveOneWholeContent) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < 200; ++n) EXPECT_TRUE(WriteFileAtomic(Path("f"), std::string(1000 + i, static_cast<char>('a' + i))));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string content = *ReadFile(Path("f"));
  EXPECT_EQ(content, std::string(1000 + content[0] - 'a', content[0]));
  EXPECT_EQ(ListDirectory(Path(""))->size(), 1u);
}

TEST_F(FileTest, ReadingAnAbsentFileNamesItAndIsNotFound) {
  const auto content = ReadFile(Path("absent"));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code(), ErrorCode::kNotFound);
  EXPECT_NE(content.error().message().find(Path("absent")), std::string::npos);
}

TEST_F(FileTest, ReadingStopsAtTheLimit) {
  ASSERT_TRUE(WriteFile(Path("f"), std::string(1000, 'x')));
  EXPECT_FALSE(ReadFile(Path("f"), 999));
  EXPECT_TRUE(ReadFile(Path("f"), 1000));
}

TEST_F(FileTest, RemoveTreeDoesNotFollowLinks) {
  ASSERT_TRUE(MakeDirectories(Path("outside")));
  ASSERT_TRUE(WriteFile(Path("outside/kept"), "x"));
  ASSERT_TRUE(MakeDirectories(Path("tree/deep/deeper")));
  ASSERT_EQ(::symlink("../../outside", Path("tree/deep/link").c_str()), 0);
  ASSERT_TRUE(RemoveTree(Path("tree")));
  EXPECT_FALSE(PathExists(Path("tree")));
  EXPECT_TRUE(PathExists(Path("outside/kept")));
  EXPECT_TRUE(RemoveTree(Path("tree"))) << "absent is fine";
}

TEST_F(FileTest, ALockIsExclusiveUntilItGoes) {
  {
    const auto held = FileLock::Acquire(Path("lock"));
    ASSERT_TRUE(held);
    const auto second = FileLock::TryAcquire(Path("lock"));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::kBusy);
  }
  EXPECT_TRUE(FileLock::TryAcquire(Path("lock")));
}

TEST(JoinPath, CoversTheCorners) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("a", ""), "a");
}

}  // namespace
}  // namespace skiff::common

// What volumes need of the file system: host paths, groups, copies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "pod/volume/host_path.h"
#include "pod/volume/ownership.h"
#include "pod/volume/tree_copy.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;

class VolumeFilesTest : public ::testing::Test {
 protected:
  VolumeFilesTest() {
    char pattern[] = "/tmp/skiff-volumes-XXXXXX";
    root_ = ::mkdtemp(pattern);
  }
  ~VolumeFilesTest() override { (void)common::RemoveTree(root_); }
  struct stat Stat(const std::string& name) {
    struct stat info {};
    EXPECT_EQ(::lstat((root_ + name).c_str(), &info), 0) << name;
    return info;
  }
  mode_t Mode(const std::string& name) { return Stat(name).st_mode & 07777; }
  std::string root_;
};

TEST_F(VolumeFilesTest, HostPathTypes) {
  EXPECT_TRUE(PrepareHostPath({.path = root_ + "/made/deep"}));
  EXPECT_TRUE(S_ISDIR(Stat("/made/deep").st_mode));
  EXPECT_TRUE(PrepareHostPath({.path = root_ + "/dir", .type = "DirectoryOrCreate"}));
  EXPECT_TRUE(PrepareHostPath({.path = root_ + "/dir", .type = "Directory"}));
  EXPECT_TRUE(PrepareHostPath({.path = root_ + "/file", .type = "FileOrCreate"}));
  EXPECT_TRUE(S_ISREG(Stat("/file").st_mode));
  EXPECT_TRUE(PrepareHostPath({.path = "/dev/null", .type = "CharDevice"}));
  const auto wrong = PrepareHostPath({.path = root_ + "/file", .type = "Directory"});
  EXPECT_EQ(wrong.error().message(), "hostPath type check failed: " + root_ + "/file is not a directory");
  const auto absent = PrepareHostPath({.path = root_ + "/none", .type = "Socket"});
  EXPECT_EQ(absent.error().message(), "hostPath type check failed: " + root_ + "/none is not a socket file");
  EXPECT_FALSE(common::PathExists(root_ + "/none"));
}

TEST_F(VolumeFilesTest, FsGroupOpensFilesAndFolders) {
  ASSERT_TRUE(common::MakeDirectories(root_ + "/v/d", 0700));
  ASSERT_TRUE(common::WriteFile(root_ + "/v/d/f", "x", 0600));
  ASSERT_EQ(::symlink("/etc/passwd", (root_ + "/v/link").c_str()), 0);
  const mode_t passwd = Mode("/../../etc/passwd");
  const gid_t group = ::getgid();
  ASSERT_TRUE(ApplyFsGroup(root_ + "/v", group, false));
  EXPECT_EQ(Mode("/v/d") & (S_ISGID | 070), static_cast<mode_t>(S_ISGID | 070));
  EXPECT_EQ(Mode("/v/d/f"), 0660u);
  EXPECT_EQ(Mode("/../../etc/passwd"), passwd);

  ASSERT_EQ(::chmod((root_ + "/v/d/f").c_str(), 0600), 0);
  ASSERT_TRUE(ApplyFsGroup(root_ + "/v", group, true));  // the top is right: nothing is looked at
  EXPECT_EQ(Mode("/v/d/f"), 0600u);
}

TEST_F(VolumeFilesTest, CopyKeepsKindsModesAndTimes) {
  ASSERT_TRUE(common::MakeDirectories(root_ + "/from/d", 0750));
  ASSERT_EQ(::chmod((root_ + "/from").c_str(), 01777), 0);
  ASSERT_TRUE(common::WriteFile(root_ + "/from/d/f", std::string(300'000, 'x'), 0640));
  ASSERT_EQ(::chmod((root_ + "/from/d/f").c_str(), 04751), 0);
  ASSERT_EQ(::symlink("nowhere", (root_ + "/from/link").c_str()), 0);
  ASSERT_EQ(::mkfifo((root_ + "/from/fifo").c_str(), 0600), 0);
  const timespec times[2] = {{1000, 5}, {2000, 7}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (root_ + "/from/d/f").c_str(), times, 0), 0);
  ASSERT_TRUE(common::MakeDirectories(root_ + "/to"));

  const auto copied = CopyTree(root_ + "/from", root_ + "/to");
  ASSERT_TRUE(copied) << copied.error().message();
  EXPECT_EQ(Mode("/to"), 01777u);
  EXPECT_EQ(Mode("/to/d"), 0750u);
  EXPECT_EQ(Mode("/to/d/f"), 04751u);
  EXPECT_EQ(Stat("/to/d/f").st_mtim.tv_sec, 2000);
  EXPECT_EQ(common::ReadFile(root_ + "/to/d/f")->size(), 300'000u);
  EXPECT_EQ(*common::ReadLink(root_ + "/to/link"), "nowhere");
  EXPECT_TRUE(S_ISFIFO(Stat("/to/fifo").st_mode));
}

}  // namespace
}  // namespace skiff::pod

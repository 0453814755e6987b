#include "pod/volume/files_volume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "common/file.h"

namespace skiff::pod {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

class FilesVolumeTest : public ::testing::Test {
 protected:
  FilesVolumeTest() {
    char pattern[] = "/tmp/skiff-files-XXXXXX";
    root_ = ::mkdtemp(pattern);
    directory_ = root_ + "/volume";
  }
  ~FilesVolumeTest() override { (void)common::RemoveTree(root_); }
  std::string Read(const std::string& path) { return *common::ReadFile(directory_ + "/" + path); }
  mode_t Mode(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::stat((directory_ + "/" + path).c_str(), &info), 0) << path;
    return info.st_mode & 07777;
  }

  std::string root_;
  std::string directory_;
};

TEST_F(FilesVolumeTest, LayoutOfTheKubelet) {
  ASSERT_TRUE(WriteFilesVolume(directory_,
                               {{.path = "key", .content = std::string("a\0b", 3), .mode = 0400},
                                {.path = "etc/app/conf", .content = "x", .mode = 0644}},
                               {}));
  EXPECT_EQ(Read("key"), std::string("a\0b", 3));
  EXPECT_EQ(Read("etc/app/conf"), "x");
  EXPECT_EQ(Mode("key"), 0400u);
  EXPECT_EQ(Mode("etc/app/conf"), 0644u);
  EXPECT_EQ(*common::ReadLink(directory_ + "/key"), "..data/key");
  EXPECT_EQ(*common::ReadLink(directory_ + "/etc"), "..data/etc");
  const std::string dated = *common::ReadLink(directory_ + "/..data");
  EXPECT_THAT(dated, StartsWith("..20"));
  EXPECT_THAT(*common::ListDirectory(directory_), ElementsAre(dated, "..data", "etc", "key"));
}

TEST_F(FilesVolumeTest, AnUpdateReplacesAllAndLeavesNothingOld) {
  ASSERT_TRUE(WriteFilesVolume(directory_, {{.path = "old", .content = "1"}, {.path = "kept", .content = "1"}}, {}));
  const std::string before = *common::ReadLink(directory_ + "/..data");
  ASSERT_TRUE(common::MakeDirectories(directory_ + "/..2020_half_written"));
  ASSERT_TRUE(WriteFilesVolume(directory_, {{.path = "kept", .content = "2"}, {.path = "new", .content = "2"}}, {}));
  EXPECT_EQ(Read("kept"), "2");
  const std::string after = *common::ReadLink(directory_ + "/..data");
  EXPECT_NE(after, before);
  EXPECT_THAT(*common::ListDirectory(directory_), ElementsAre(after, "..data", "kept", "new"));
}

TEST_F(FilesVolumeTest, FsGroupMayRead) {
  const auto group = static_cast<int64_t>(::getgid());
  ASSERT_TRUE(WriteFilesVolume(directory_, {{.path = "d/key", .content = "k", .mode = 0400}}, group));
  EXPECT_EQ(Mode("d/key"), 0440u);
  EXPECT_EQ(Mode("d"), 02775u);
  EXPECT_EQ(Mode(""), 02775u);
}

TEST_F(FilesVolumeTest, PathsThatLeaveAreRefusedBeforeAnythingIsWritten) {
  for (const char* path : {"../x", "a/../../x", "/etc/x", "", "a//b", "..data", "a/."}) {
    const auto written = WriteFilesVolume(directory_, {{.path = path}}, {});
    ASSERT_FALSE(written) << path;
    EXPECT_EQ(written.error().code(), common::ErrorCode::kInvalid);
  }
  EXPECT_FALSE(common::PathExists(directory_));
}

}  // namespace
}  // namespace skiff::pod

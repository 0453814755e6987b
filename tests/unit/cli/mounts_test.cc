#include "cli/notation/mounts.h"

#include <gmock/gmock.h>

namespace skiff::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Error(const common::Result<ParsedMount>& result) {
  return result ? "" : result.error().message();
}

TEST(Mounts, HostPath) {
  const auto parsed = ParseVolumeFlag("/etc:/host/etc:ro,z,rslave", "/");
  ASSERT_TRUE(parsed) << parsed.error().message();
  ASSERT_TRUE(parsed->volume.host_path);
  EXPECT_EQ(parsed->volume.host_path->path, "/etc");
  EXPECT_EQ(parsed->mount.path, "/host/etc");
  EXPECT_TRUE(parsed->mount.read_only);
  EXPECT_EQ(parsed->mount.propagation, pod::Propagation::kHostToContainer);
  EXPECT_FALSE(parsed->mount.copy_image_content);
}

TEST(Mounts, RelativePathsAreOfTheCurrentDirectory) {
  const auto parsed = ParseVolumeFlag("./passwd:/p", "/etc");
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->volume.host_path->path, "/etc/./passwd");
}

TEST(Mounts, NamedAndAnonymousVolumes) {
  const auto named = ParseVolumeFlag("data:/var/lib/x", "/");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->volume.named->name, "data");
  EXPECT_TRUE(named->mount.copy_image_content);
  const auto anonymous = ParseVolumeFlag("/var/lib/x", "/");
  ASSERT_TRUE(anonymous);
  EXPECT_TRUE(anonymous->anonymous);
  EXPECT_EQ(anonymous->volume.named->name.size(), 64u);
}

TEST(Mounts, MountFlag) {
  const auto bind = ParseMountFlag("type=bind,src=/etc,dst=/e,readonly", "/");
  ASSERT_TRUE(bind) << bind.error().message();
  EXPECT_EQ(bind->volume.host_path->path, "/etc");
  EXPECT_TRUE(bind->mount.read_only);
  const auto volume = ParseMountFlag("type=volume,source=v,target=/v,ro=false", "/");
  ASSERT_TRUE(volume) << volume.error().message();
  EXPECT_EQ(volume->volume.named->name, "v");
  EXPECT_FALSE(volume->mount.read_only);
  const auto tmpfs = ParseMountFlag("type=tmpfs,target=/t,tmpfs-size=1m,noexec", "/");
  ASSERT_TRUE(tmpfs) << tmpfs.error().message();
  EXPECT_TRUE(tmpfs->is_tmpfs);
  EXPECT_THAT(tmpfs->tmpfs.options, ElementsAre("size=1m", "noexec"));
}

TEST(Mounts, TmpfsFlag) {
  const auto plain = ParseTmpfsFlag("/t");
  ASSERT_TRUE(plain);
  EXPECT_TRUE(plain->options.empty());
  const auto options = ParseTmpfsFlag("/t:size=1m,mode=700");
  ASSERT_TRUE(options);
  EXPECT_THAT(options->options, ElementsAre("size=1m", "mode=700"));
  EXPECT_FALSE(ParseTmpfsFlag("t"));
}

TEST(Mounts, Mistakes) {
  EXPECT_THAT(Error(ParseVolumeFlag("/no/such/path:/x", "/")), HasSubstr("must exist"));
  EXPECT_THAT(Error(ParseVolumeFlag("data:relative", "/")), HasSubstr("must be absolute"));
  EXPECT_THAT(Error(ParseVolumeFlag("data:/x:frob", "/")), HasSubstr("unknown volume option \"frob\""));
  EXPECT_THAT(Error(ParseVolumeFlag("a b:/x", "/")), HasSubstr("invalid volume name"));
  EXPECT_THAT(Error(ParseVolumeFlag("/etc:/x:O", "/")), HasSubstr("not supported"));
  EXPECT_THAT(Error(ParseVolumeFlag("a:/b:ro:c", "/")), HasSubstr("SOURCE:/path"));
  EXPECT_THAT(Error(ParseMountFlag("type=glob,src=/etc,dst=/x", "/")),
              HasSubstr("type glob is not supported"));
  EXPECT_THAT(Error(ParseMountFlag("type=bind,dst=/x", "/")), HasSubstr("needs source="));
}

}  // namespace
}  // namespace skiff::cli

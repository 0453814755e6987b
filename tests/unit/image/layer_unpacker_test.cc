#include "image/transfer/layer_unpacker.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <filesystem>

#include "common/file.h"
#include "common/json.h"
#include "image/transfer/extractor.h"
#include "image/transfer/sha256.h"
#include "tests/unit/image/compress.h"
#include "tests/unit/image/tar_builder.h"

namespace skiff::image {
namespace {

using common::PathExists;
using common::ReadFile;
using testing::HasSubstr;
namespace fs = std::filesystem;

class UnpackTest : public testing::Test {
 protected:
  UnpackTest() {
    std::string pattern = testing::TempDir() + "/skiff-unpack-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    layer_ = root_ + "/layer";
    fs::create_directories(layer_);
    fs::create_directories(root_ + "/outside");
    EXPECT_TRUE(common::WriteFile(root_ + "/outside/file", "untouched"));
    split_ = std::move(*common::Open(root_ + "/split", O_RDWR | O_CREAT | O_TRUNC));
  }
  ~UnpackTest() override {
    EXPECT_EQ(*ReadFile(root_ + "/outside/file"), "untouched");
    EXPECT_EQ(std::distance(fs::directory_iterator(root_ + "/outside"), fs::directory_iterator()), 1);
    fs::remove_all(root_);
  }

  common::Result<UnpackedLayer> Unpack(const std::string& blob, size_t piece = 700) {
    return UnpackLayer(FromText(blob, piece), {layer_, split_.get(), true});
  }
  std::string ErrorOf(const TarBuilder& tar) {
    const auto result = Unpack(tar.Finish());
    return result ? "" : result.error().message();
  }
  struct stat Stat(const std::string& path) {
    struct stat info = {};
    EXPECT_EQ(::lstat((layer_ + "/" + path).c_str(), &info), 0) << path;
    return info;
  }

  // What podman's push does: segments and files in order.
  std::string Reassembled() {
    std::string tar;
    auto records = Decompress(ReadRange(split_.get(), 0, ::lseek(split_.get(), 0, SEEK_END), "split"));
    std::string text;
    for (auto part = records->source->Next(); part && !part->empty(); part = records->source->Next()) text += *part;
    size_t position = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line); ++position) {
      const auto record = common::ParseJson(line, "tar-split");
      EXPECT_EQ(common::GetInt(*record, "position"), static_cast<int64_t>(position));
      if (common::GetInt(*record, "type") == 2) {
        tar += DecodeBase64(common::GetString(*record, "payload"));
      } else if (common::GetInt(*record, "size") > 0) {
        const auto content = ReadFile(layer_ + "/" + std::string(common::GetString(*record, "name")));
        EXPECT_TRUE(content) << line;
        EXPECT_EQ(content->size(), static_cast<size_t>(common::GetInt(*record, "size")));
        tar += *content;
      }
    }
    return tar;
  }

  std::string root_, layer_;
  common::UniqueFd split_;
};

TEST_F(UnpackTest, KeepsModesTimesLinksAndContent) {
  TarBuilder tar;
  tar.Directory("./").Directory("./bin/", 0755).File("./bin/su", "suid", 04755).HardLink("./bin/su2", "./bin/su", 04755)
      .Symlink("./link", "/absolute/target").Add({'6', "pipe", "", "", 0622}).File("implied/parent", "p").Directory("t/", 01777);
  const auto layer = Unpack(tar.Finish());
  ASSERT_TRUE(layer) << layer.error().message();
  EXPECT_EQ(Stat("bin/su").st_mode & 07777, 04755u);
  EXPECT_EQ(Stat("bin/su").st_ino, Stat("bin/su2").st_ino);
  EXPECT_EQ(Stat("bin/su").st_mtim.tv_sec, 1700000000);
  EXPECT_EQ(Stat("bin").st_mtim.tv_sec, 1700000000) << "set after its files were added";
  EXPECT_EQ(fs::read_symlink(layer_ + "/link"), "/absolute/target");
  EXPECT_EQ(Stat("link").st_mtim.tv_sec, 1700000000);
  EXPECT_TRUE(S_ISFIFO(Stat("pipe").st_mode));
  EXPECT_EQ(Stat("pipe").st_mode & 07777, 0622u);
  EXPECT_EQ(Stat("implied").st_mode & 07777, 0755u);
  EXPECT_EQ(Stat("t").st_mode & 07777, 01777u);
  EXPECT_EQ(layer->diff_digest, Sha256::DigestOf(tar.Finish()));
  EXPECT_EQ(layer->diff_size, static_cast<int64_t>(tar.Finish().size()));
  EXPECT_EQ(layer->blob_digest, layer->diff_digest);
  EXPECT_THAT(layer->uids, testing::ElementsAre(::getuid()));
  EXPECT_EQ(Reassembled(), tar.Finish());
}

TEST_F(UnpackTest, EveryCompressionGivesTheSameLayer) {
  const std::string tar = TarBuilder().File("f", std::string(300000, 'x')).Finish() + "trailing bytes";
  for (const auto compression : {Compression::kNone, Compression::kGzip, Compression::kBzip2, Compression::kXz, Compression::kZstd}) {
    fs::remove_all(layer_);
    fs::create_directories(layer_);
    ASSERT_EQ(::ftruncate(split_.get(), 0), 0);
    ::lseek(split_.get(), 0, SEEK_SET);
    const std::string blob = Compress(tar, compression);
    const auto layer = Unpack(blob);
    ASSERT_TRUE(layer) << layer.error().message();
    EXPECT_EQ(layer->compression, compression);
    EXPECT_EQ(layer->diff_digest, Sha256::DigestOf(tar));
    EXPECT_EQ(layer->blob_digest, Sha256::DigestOf(blob));
    EXPECT_EQ(layer->blob_size, static_cast<int64_t>(blob.size()));
    EXPECT_EQ(Reassembled(), tar);
  }
}

TEST_F(UnpackTest, ATruncatedOrDamagedBlobIsRefused) {
  std::string noise;  // does not compress, so that cutting the blob cuts the content
  for (uint32_t i = 0, x = 1; i < 100000; ++i) noise += static_cast<char>((x = x * 1664525 + 1013904223) >> 24);
  const std::string tar = TarBuilder().File("f", noise).Finish();
  for (const auto compression : {Compression::kGzip, Compression::kXz, Compression::kZstd}) {
    const std::string blob = Compress(tar, compression);
    EXPECT_FALSE(Unpack(blob.substr(0, blob.size() / 2)));
    fs::remove(layer_ + "/f");
    std::string damaged = blob;
    damaged[blob.size() / 2] = static_cast<char>(~damaged[blob.size() / 2]);
    const auto result = Unpack(damaged);
    EXPECT_TRUE(!result || result->diff_digest != Sha256::DigestOf(tar));
    fs::remove(layer_ + "/f");
  }
}

TEST_F(UnpackTest, NothingLeadsOutOfTheLayer) {
  EXPECT_THAT(ErrorOf(TarBuilder().File("../outside/file", "evil")), HasSubstr("leads out of the layer"));
  EXPECT_THAT(ErrorOf(TarBuilder().File("a/../../outside/file", "evil")), HasSubstr("leads out of the layer"));
  EXPECT_THAT(ErrorOf(TarBuilder().HardLink("x", "../outside/file")), HasSubstr("leads out of the layer"));
  EXPECT_THAT(ErrorOf(TarBuilder().HardLink("x", root_ + "/outside/file")), HasSubstr("leads to nothing"));
  EXPECT_EQ(ErrorOf(TarBuilder().File("/absolute", "inside")), "");
  EXPECT_EQ(*ReadFile(layer_ + "/absolute"), "inside");
}

TEST_F(UnpackTest, SymlinksOfTheArchiveAreFollowedOnlyInside) {
  // A directory, then a link to the outside in its place, then a file "through" it.
  EXPECT_EQ(ErrorOf(TarBuilder().Directory("d").Symlink("d", root_ + "/outside").Directory(root_ + "/outside").File("d/file", "x")), "");
  EXPECT_EQ(*ReadFile(layer_ + root_ + "/outside/file"), "x") << "an absolute link counts from the layer's root";
  EXPECT_THAT(ErrorOf(TarBuilder().Symlink("up", "../../outside").File("up/file", "evil")), HasSubstr("\"up/file\""));
  // A file at a link's place replaces the link.
  EXPECT_EQ(ErrorOf(TarBuilder().Symlink("l", root_ + "/outside/file").File("l", "mine")), "");
  EXPECT_EQ(*ReadFile(layer_ + "/l"), "mine");
  EXPECT_TRUE(S_ISREG(Stat("l").st_mode));
  // Links to a link: the link itself is linked, its target is not touched.
  EXPECT_EQ(ErrorOf(TarBuilder().Symlink("s", root_ + "/outside/file").HardLink("h", "s")), "");
  EXPECT_TRUE(S_ISLNK(Stat("h").st_mode));
  EXPECT_EQ(ErrorOf(TarBuilder().Symlink("usr/lib", "lib64").Directory("usr/lib64").File("usr/lib/so", "so")), "");
  EXPECT_EQ(*ReadFile(layer_ + "/usr/lib64/so"), "so");
}

TEST_F(UnpackTest, HardLinks) {
  EXPECT_THAT(ErrorOf(TarBuilder().HardLink("a", "missing")), HasSubstr("leads to nothing"));
  EXPECT_THAT(ErrorOf(TarBuilder().Directory("dir").HardLink("b", "dir")), HasSubstr("leads to a directory"));
  EXPECT_EQ(ErrorOf(TarBuilder().File("self", "content").HardLink("self", "./self")), "");
  EXPECT_EQ(*ReadFile(layer_ + "/self"), "content");
  // The link's header counts, as it does for podman.
  EXPECT_EQ(ErrorOf(TarBuilder().File("first", "x", 0600).HardLink("second", "first", 0755)), "");
  EXPECT_EQ(Stat("first").st_mode & 07777, 0755u);
}

TEST_F(UnpackTest, TimesBefore1970AreThatTime) {
  EXPECT_EQ(ErrorOf(TarBuilder().Add({.name = "f", .pax = {{"mtime", "-5.5"}}})), "");
  EXPECT_EQ(Stat("f").st_mtim.tv_sec, 0);
}

TEST_F(UnpackTest, Duplicates) {
  EXPECT_EQ(ErrorOf(TarBuilder().Directory("d", 0700).File("d/f", "x").Directory("d", 0755)), "");
  EXPECT_EQ(Stat("d").st_mode & 07777, 0755u);
  EXPECT_TRUE(PathExists(layer_ + "/d/f"));
  EXPECT_THAT(ErrorOf(TarBuilder().File("twice", "1").File("./twice", "2")), HasSubstr("twice in the layer"));
  EXPECT_THAT(ErrorOf(TarBuilder().Directory("full").File("full/f", "x").Symlink("full", "y")), HasSubstr("same layer filled"));
}

TEST_F(UnpackTest, AnEmptyFileMayBeReplacedAndTheTarIsStillExact) {
  const TarBuilder tar = TarBuilder().File("f", "").File("f", "late content").Symlink("g", "x").File("g", "now a file");
  EXPECT_EQ(ErrorOf(tar), "");
  EXPECT_EQ(*ReadFile(layer_ + "/f"), "late content");
  EXPECT_EQ(Reassembled(), tar.Finish());
}

TEST_F(UnpackTest, Whiteouts) {
  const TarBuilder tar = TarBuilder().File("dir/.wh.gone", "").File(".wh.never-there", "").File("dir/.wh..wh.plnk", "")
                             .File("both", "new").File(".wh.both", "").File(".wh.odd", "content of a whiteout");
  EXPECT_EQ(ErrorOf(tar), "");
  for (const char* path : {"dir/gone", "never-there", "odd"}) {
    EXPECT_TRUE(S_ISCHR(Stat(path).st_mode)) << path;
    EXPECT_EQ(Stat(path).st_rdev, 0u);
    EXPECT_EQ(Stat(path).st_mode & 07777, 0u);
  }
  EXPECT_FALSE(PathExists(layer_ + "/dir/.wh..wh.plnk"));
  EXPECT_EQ(*ReadFile(layer_ + "/both"), "new") << "a whiteout is about lower layers";
  EXPECT_EQ(Reassembled(), tar.Finish());
  EXPECT_EQ(ErrorOf(TarBuilder().File("plain", "x").File("plain/.wh.y", "")), "") << "nothing below a file";
  EXPECT_THAT(ErrorOf(TarBuilder().File("d/.wh.", "")), HasSubstr("names nothing"));
  EXPECT_THAT(ErrorOf(TarBuilder().File("d/.wh...", "")), HasSubstr("names nothing"));
}

TEST_F(UnpackTest, OpaqueDirectories) {
  const auto opaque = [&](const std::string& path) {
    char value[8];
    return ::getxattr((layer_ + "/" + path).c_str(), "user.overlay.opaque", value, sizeof value) == 1 && value[0] == 'y';
  };
  const std::string error = ErrorOf(TarBuilder().Directory("o").File("o/.wh..wh..opq", "").File("o/kept", "k").Directory("p"));
  if (error.find("Operation not supported") != std::string::npos) GTEST_SKIP() << "no user attributes here: " << error;
  EXPECT_EQ(error, "");
  EXPECT_TRUE(opaque("o"));
  EXPECT_FALSE(opaque("p"));
  EXPECT_TRUE(PathExists(layer_ + "/o/kept"));
  // A directory in place of a whiteout must go on hiding what is below.
  EXPECT_EQ(ErrorOf(TarBuilder().File(".wh.q", "").Directory("q").Directory("r").File(".wh.r", "")), "");
  EXPECT_TRUE(opaque("q"));
  EXPECT_TRUE(opaque("r"));
}

TEST_F(UnpackTest, OverlaysOwnAttributesAreNotTakenFromTheArchive) {
  EXPECT_EQ(ErrorOf(TarBuilder().Add({'5', "d", "", "", 0755, -1, 1, 0, 0,
                                      {{"SCHILY.xattr.user.overlay.redirect", "/etc"}, {"SCHILY.xattr.user.mine", "1"}}})), "");
  char value[8];
  EXPECT_LT(::getxattr((layer_ + "/d").c_str(), "user.overlay.redirect", value, sizeof value), 0);
}

TEST_F(UnpackTest, HugeNames) {
  EXPECT_THAT(ErrorOf(TarBuilder().LongName(std::string(300, 'n')).File("x", "")), HasSubstr("File name too long"));
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "d/";
  EXPECT_THAT(ErrorOf(TarBuilder().LongName(deep + "f").File("x", "")), HasSubstr("File name too long"));
}

TEST_F(UnpackTest, NamesThatAreNotUtf8AreKept) {
  const TarBuilder tar = TarBuilder().File("\xff\xfe", "");
  EXPECT_EQ(ErrorOf(tar), "");
  EXPECT_TRUE(PathExists(layer_ + "/\xff\xfe"));
  EXPECT_EQ(Reassembled(), tar.Finish());
}

TEST(CleanEntryPath, Lexically) {
  EXPECT_EQ(*CleanEntryPath("./a//c/../b/"), "a/b");
  EXPECT_EQ(*CleanEntryPath("/"), ".");
  EXPECT_EQ(*CleanEntryPath("./"), ".");
  EXPECT_EQ(*CleanEntryPath("a/.."), ".");
  EXPECT_FALSE(CleanEntryPath(".."));
  EXPECT_FALSE(CleanEntryPath("/../x"));
}

}  // namespace
}  // namespace skiff::image

// Layers as tar streams: rebuilt from tar-split records, packed from trees, compressed.
#include "image/transfer/layer_export.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/file.h"
#include "image/transfer/gzip_source.h"
#include "image/transfer/operations.h"
#include "image/transfer/sha256.h"
#include "image/transfer/tar_reader.h"
#include "image/transfer/tree_source.h"
#include "tests/unit/image/compress.h"
#include "tests/unit/image/tar_builder.h"

namespace skiff::image {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

common::Result<std::string> ReadAll(ByteSource& source) {
  std::string all;
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view chunk, source.Next());
    if (chunk.empty()) return all;
    all += chunk;
  }
}

class LayerExportTest : public testing::Test {
 protected:
  LayerExportTest() {
    std::string pattern = testing::TempDir() + "/skiff-export-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    paths_.graph_root = root_ + "/graph";
    paths_.storage_run = root_ + "/run";
    paths_.config_dir = root_ + "/etc";
    paths_.rootless = true;
  }
  ~LayerExportTest() override {
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      if (entry.is_directory() && !entry.is_symlink()) fs::permissions(entry, fs::perms::owner_all, fs::perm_options::add);
    fs::remove_all(root_);
  }

  // The tar becomes the only layer of an image.
  StoredLayer Import(const std::string& tar) {
    EXPECT_TRUE(common::WriteFile(root_ + "/tar", tar));
    const auto image = image::Import(paths_, root_ + "/tar", {"t:1", "", {}});
    EXPECT_TRUE(image) << image.error().message();
    const auto layers = StoredLayers(StorageLayout(paths_), Sha256::HexOf(tar));
    EXPECT_TRUE(layers) << layers.error().message();
    return layers ? layers->front() : StoredLayer();
  }
  common::Result<std::string> Export(const StoredLayer& layer) {
    ASSIGN_OR_RETURN(const auto tar, OpenLayerTar(StorageLayout(paths_), layer));
    return ReadAll(*tar);
  }
  std::string Packed(const std::string& directory, TreeOptions options = {}) {
    const auto source = ReadTree(std::move(*common::Open(directory, O_RDONLY | O_DIRECTORY)), std::move(options));
    const auto tar = ReadAll(*source);
    EXPECT_TRUE(tar) << tar.error().message();
    return tar ? *tar : "";
  }
  static std::vector<TarEntry> Entries(const std::string& tar) {
    const auto source = FromText(tar);
    TarReader reader(*source, nullptr);
    std::vector<TarEntry> entries;
    for (TarEntry entry; *reader.Next(entry);) entries.push_back(entry);
    return entries;
  }

  std::string root_;
  common::SystemPaths paths_;
};

TEST_F(LayerExportTest, GivesTheTarBackBitForBit) {
  TarBuilder tar;
  tar.Directory("./").Directory("usr/").Directory("usr/lib/").Symlink("lib", "usr/lib").File("lib/through", std::string(3000, 'x'));
  tar.File("empty", "").File("odd\xff\n", "name").HardLink("hard", "lib/through").LongName(std::string(150, 'n')).File("cut", "long");
  tar.File(".wh.gone", "").File("twice", "").File("twice", "second");
  // What follows the end belongs to the layer too.
  const std::string bytes = tar.Finish() + std::string(9000, '\0');
  const StoredLayer layer = Import(bytes);
  EXPECT_EQ(layer.diff_digest, Sha256::DigestOf(bytes));
  EXPECT_EQ(layer.diff_size, static_cast<int64_t>(bytes.size()));
  const auto exported = Export(layer);
  ASSERT_TRUE(exported) << exported.error().message();
  EXPECT_TRUE(*exported == bytes);
}

TEST_F(LayerExportTest, AChangedFileIsNoticed) {
  const StoredLayer layer = Import(TarBuilder().File("a", "original").Finish());
  const std::string file = StorageLayout(paths_).LayerDir(layer.id) + "/diff/a";
  ASSERT_TRUE(common::WriteFile(file, "ORIGINAL"));
  auto exported = Export(layer);
  ASSERT_FALSE(exported);
  EXPECT_THAT(exported.error().message(), HasSubstr("changed since they were unpacked"));
  ASSERT_TRUE(common::WriteFile(file, "short"));
  exported = Export(layer);
  ASSERT_FALSE(exported);
  EXPECT_THAT(exported.error().message(), HasSubstr("\"a\""));
  // A link in its place must not be followed, least of all out of the layer.
  ASSERT_TRUE(common::WriteFile(root_ + "/out", "original"));
  fs::remove(file);
  fs::create_symlink(root_ + "/out", file);
  EXPECT_FALSE(Export(layer));
}

TEST_F(LayerExportTest, ADamagedRecordIsAnError) {
  const StoredLayer layer = Import(TarBuilder().File("a", "original").Finish());
  const std::string path = StorageLayout(paths_).TarSplit(layer.id);
  const std::string record = *common::ReadFile(path);
  for (const std::string& damaged :
       {record.substr(0, record.size() / 2), std::string("no gzip"), Compress("{\"type\":2,\"payload\":\"=\"}\n", Compression::kGzip),
        Compress("{\"type\":7}\n", Compression::kGzip), Compress("{\"type\":1,\"name\":\"../../x\",\"size\":3}\n", Compression::kGzip),
        Compress("[]\n", Compression::kGzip), Compress("{\"type\":1,\"name\":\"a\",\"size\":-1}\n", Compression::kGzip)}) {
    ASSERT_TRUE(common::WriteFile(path, damaged));
    EXPECT_FALSE(Export(layer)) << damaged;
  }
}

TEST_F(LayerExportTest, WithoutRecordItIsPackedAnewAndChecked) {
  const std::string tree = root_ + "/tree";
  fs::create_directories(tree + "/d");
  ASSERT_TRUE(common::WriteFile(tree + "/d/f", "text"));
  const std::string tar = Packed(tree);
  StoredLayer layer = Import(tar);
  fs::remove(StorageLayout(paths_).TarSplit(layer.id));
  const auto exported = Export(layer);
  ASSERT_TRUE(exported) << exported.error().message();
  EXPECT_TRUE(*exported == tar) << "packing is the same each time";

  StoredLayer other = Import(TarBuilder().File("./x", "y").Finish());
  fs::remove(StorageLayout(paths_).TarSplit(other.id));
  const auto refused = Export(other);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("was not kept"));
}

TEST_F(LayerExportTest, ATreeBecomesATar) {
  const std::string tree = root_ + "/tree", longest(120, 'n');
  fs::create_directories(tree + "/b/c");
  ASSERT_TRUE(common::WriteFile(tree + "/b/c/file", std::string(700, 'f'), 0640));
  ASSERT_TRUE(common::WriteFile(tree + "/b/" + longest, "long"));
  fs::create_hard_link(tree + "/b/c/file", tree + "/z");
  fs::create_symlink(longest + longest, tree + "/a");
  ASSERT_EQ(::mkfifo((tree + "/pipe").c_str(), 0600), 0);
  const timespec times[2] = {{-5, 0}, {-5, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (tree + "/pipe").c_str(), times, 0), 0);
  const bool xattrs = ::setxattr((tree + "/b").c_str(), "user.note", "v\n", 2, 0) == 0;
  ASSERT_TRUE(common::WriteFile(tree + "/b/c/left", "out"));

  TreeOptions options;
  options.leave_out = [](const std::string& path, const struct stat&) { return path == "b/c/left"; };
  const auto entries = Entries(Packed(tree, options));
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  EXPECT_THAT(names, testing::ElementsAre("a", "b/", "b/c/", "b/c/file", "b/" + longest, "pipe", "z"));
  EXPECT_EQ(entries[0].link_name, longest + longest);
  if (xattrs) EXPECT_EQ(entries[1].xattrs.at("user.note"), "v\n");
  EXPECT_EQ(entries[3].size, 700);
  EXPECT_EQ(entries[3].mode, 0640u);
  EXPECT_EQ(entries[3].uid, ::getuid());
  EXPECT_EQ(entries[5].type, TarEntry::Type::kFifo);
  EXPECT_EQ(entries[5].mtime.tv_sec, -5);
  EXPECT_EQ(entries[6].type, TarEntry::Type::kHardLink);
  EXPECT_EQ(entries[6].link_name, "b/c/file");
}

TEST_F(LayerExportTest, AnOpaqueDirectoryOfAnUpperGetsItsMark) {
  const std::string tree = root_ + "/tree";
  fs::create_directories(tree + "/both/in");
  fs::create_directories(tree + "/own");
  if (::setxattr((tree + "/both").c_str(), "user.overlay.opaque", "y", 1, 0) != 0) GTEST_SKIP() << "no attributes on this file system";
  ASSERT_EQ(::setxattr((tree + "/own").c_str(), "user.overlay.opaque", "y", 1, 0), 0);
  TreeOptions options{true, [](const std::string& path) { return path == "both"; }, {}};
  std::vector<std::string> names;
  for (const auto& entry : Entries(Packed(tree, options))) {
    names.push_back(entry.name);
    EXPECT_TRUE(entry.xattrs.empty());
  }
  EXPECT_THAT(names, testing::ElementsAre("both/", "both/.wh..wh..opq", "both/in/", "own/"));
}

TEST_F(LayerExportTest, GzipIsTheSameEachTimeAndReversible) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919);
  const auto compress = [&] { return *ReadAll(**Gzip(FromText(text, 5000))); };
  const std::string compressed = compress();
  EXPECT_LT(compressed.size(), text.size());
  EXPECT_TRUE(compressed == compress());
  EXPECT_TRUE(*ReadAll(*Decompress(FromText(compressed))->source) == text);
  EXPECT_EQ(DetectCompression(*ReadAll(**Gzip(FromText("")))), Compression::kGzip);
}

}  // namespace
}  // namespace skiff::image

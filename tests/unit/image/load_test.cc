// Whole loads and imports into a store in a temporary directory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "common/file.h"
#include "common/json.h"
#include "image/record_file.h"
#include "image/storage_layout.h"
#include "image/store.h"
#include "image/transfer/dockerfile_change.h"
#include "image/transfer/image_archive.h"
#include "image/transfer/operations.h"
#include "image/transfer/platform.h"
#include "image/transfer/sha256.h"
#include "tests/unit/image/compress.h"
#include "tests/unit/image/tar_builder.h"

namespace skiff::image {
namespace {

using common::PathExists;
using common::ReadFile;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::string Config(const std::vector<std::string>& diff_ids) {
  common::JsonBuilder json;
  json.Set(json.root(), "created", "2024-01-01T00:00:00Z");
  common::JsonValue rootfs = json.Object();
  json.Set(rootfs, "diff_ids", json.Strings(diff_ids));
  json.Set(json.root(), "rootfs", std::move(rootfs));
  return common::ToJson(json.root());
}

Policy AcceptAll() { return std::move(*Policy::Parse(R"({"default":[{"type":"insecureAcceptAnything"}]})", "policy")); }

// An OCI layout in memory.
class Oci {
 public:
  std::string AddBlob(const std::string& bytes) {
    const std::string digest = Sha256::DigestOf(bytes);
    files_["blobs/sha256/" + digest.substr(7)] = bytes;
    return digest;
  }
  static std::string Descriptor(const std::string& type, const std::string& digest, size_t size, const std::string& rest = "") {
    return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}{}}})", type, digest, size, rest);
  }
  // Returns the manifest's text; layers are pairs of blob and diff-id.
  std::string AddManifest(const std::vector<std::string>& tars) {
    std::vector<std::string> diff_ids;
    std::string layers;
    for (const auto& tar : tars) {
      const std::string blob = Compress(tar, Compression::kGzip);
      diff_ids.push_back(Sha256::DigestOf(tar));
      layers += (layers.empty() ? "" : ",") + Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", AddBlob(blob), blob.size());
    }
    const std::string config = Config(diff_ids);
    AddBlob(config);
    return fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[{}]}})",
                       Descriptor("application/vnd.oci.image.config.v1+json", Sha256::DigestOf(config), config.size()), layers);
  }
  void Name(const std::string& manifest, const std::string& name) {
    const std::string annotations = fmt::format(R"(,"annotations":{{"org.opencontainers.image.ref.name":"{}"}})", name);
    Index(Descriptor("application/vnd.oci.image.manifest.v1+json", AddBlob(manifest), manifest.size(), name.empty() ? "" : annotations));
  }
  void Index(const std::string& descriptor) {
    index_ += (index_.empty() ? "" : ",") + descriptor;
    files_["index.json"] = "{\"manifests\":[" + index_ + "]}";
    files_["oci-layout"] = R"({"imageLayoutVersion":"1.0.0"})";
  }
  std::string Tar() const {
    TarBuilder tar;
    for (const auto& [name, bytes] : files_) tar.File(name, bytes);
    return tar.Finish();
  }
  std::map<std::string, std::string>& files() { return files_; }

 private:
  std::map<std::string, std::string> files_;
  std::string index_;
};

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    std::string pattern = testing::TempDir() + "/skiff-load-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    paths_.graph_root = root_ + "/graph";
    paths_.storage_run = root_ + "/run";
    paths_.config_dir = root_ + "/etc";
    paths_.rootless = true;
    fs::create_directories(paths_.config_dir);
  }
  ~LoadTest() override {
    // A layer's root is read-only, which stops all but root.
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      if (entry.is_directory() && !entry.is_symlink()) fs::permissions(entry, fs::perms::owner_all, fs::perm_options::add);
    fs::remove_all(root_);
  }

  common::Result<std::vector<LoadedImage>> LoadBytes(const std::string& bytes) {
    EXPECT_TRUE(common::WriteFile(root_ + "/archive", bytes));
    return Load(paths_, root_ + "/archive", AcceptAll());
  }
  std::string ErrorOf(const std::string& bytes) {
    const auto loaded = LoadBytes(bytes);
    return loaded ? "" : loaded.error().message();
  }
  size_t Layers() { return RecordFile::Load(StorageLayout(paths_).LayersJson())->records().Size(); }
  size_t Images() { return Store(paths_).List()->size(); }
  bool IsClean() { return !PathExists(paths_.graph_root + "/overlay/skiff-staging"); }

  std::string root_;
  common::SystemPaths paths_;
  const std::string base_ = TarBuilder().Directory("bin").File("bin/sh", "shell", 0755).Finish();
  const std::string top_ = TarBuilder().File("bin/app", "app").File(".wh.old", "").Finish();
};

TEST_F(LoadTest, AnOciArchiveBecomesAnImageOfChainedLayers) {
  Oci oci;
  const std::string manifest = oci.AddManifest({base_, top_});
  oci.Name(manifest, "web:1");
  const auto loaded = LoadBytes(oci.Tar());
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_THAT(loaded->at(0).names, ElementsAre("localhost/web:1"));
  const Store store(paths_);
  const auto image = store.Find("web:1");
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->digest, Sha256::DigestOf(manifest));
  EXPECT_EQ(*store.ReadManifest(*image), manifest);
  const std::string base_id = Sha256::HexOf(base_);
  EXPECT_EQ(image->top_layer, Sha256::HexOf(base_id + "+" + Sha256::HexOf(top_)));
  const auto lower = store.LowerDirs(*image);
  ASSERT_EQ(lower->size(), 2u);
  EXPECT_EQ(*ReadFile(lower->at(0) + "/bin/app"), "app");
  EXPECT_EQ(*ReadFile(lower->at(1) + "/bin/sh"), "shell");
  const std::string top_dir = paths_.graph_root + "/overlay/" + image->top_layer;
  EXPECT_EQ(*ReadFile(top_dir + "/lower"), "l/" + *ReadFile(paths_.graph_root + "/overlay/" + base_id + "/link"));
  struct stat info;
  ASSERT_EQ(::stat((top_dir + "/diff").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0555u);
  EXPECT_TRUE(PathExists(paths_.graph_root + "/overlay/" + base_id + "/empty"));
  const auto layers = RecordFile::Load(StorageLayout(paths_).LayersJson());
  const auto* record = layers->FindById(image->top_layer);
  EXPECT_EQ(common::GetString(*record, "diff-digest"), Sha256::DigestOf(top_));
  EXPECT_EQ(common::GetInt(*record, "compression"), 2);
  EXPECT_EQ(common::FindObject(*record, "flags"), nullptr);
  EXPECT_TRUE(IsClean());
}

TEST_F(LoadTest, SeveralImagesShareLayersAndLoadingAgainAddsNothing) {
  Oci oci;
  oci.Name(oci.AddManifest({base_}), "a");
  oci.Name(oci.AddManifest({base_, top_}), "quay.io/x/b:2");
  ASSERT_EQ(ErrorOf(oci.Tar()), "");
  ASSERT_EQ(ErrorOf(oci.Tar()), "");
  EXPECT_EQ(Layers(), 2u);
  EXPECT_EQ(Images(), 2u);
  EXPECT_TRUE(Store(paths_).Find("quay.io/x/b:2"));
}

TEST_F(LoadTest, ALayerThatIsThereIsNotRead) {
  Oci oci;
  oci.Name(oci.AddManifest({base_}), "a");
  ASSERT_EQ(ErrorOf(oci.Tar()), "");
  oci.Name(oci.AddManifest({base_, top_}), "b");
  oci.files().erase("blobs/sha256/" + Sha256::HexOf(Compress(base_, Compression::kGzip)));
  EXPECT_EQ(ErrorOf(oci.Tar()), "");
}

TEST_F(LoadTest, DockerArchivesWithLinksAndCompression) {
  const std::string config = Config({Sha256::DigestOf(base_), Sha256::DigestOf(base_)});
  const std::string tar = TarBuilder().File(Sha256::HexOf(config) + ".json", config).File("./x/layer.tar", base_)
                              .Symlink("y/layer.tar", "../x/layer.tar")
                              .File("manifest.json", fmt::format(R"([{{"Config":"{}.json","RepoTags":["web:1","quay.io/b:2"],)"
                                                                 R"("Layers":["x/layer.tar","y/layer.tar"]}}])", Sha256::HexOf(config)))
                              .Finish();
  for (const auto compression : {Compression::kNone, Compression::kGzip, Compression::kXz, Compression::kZstd}) {
    const auto loaded = LoadBytes(Compress(tar, compression));
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_THAT(loaded->at(0).names, ElementsAre("localhost/web:1", "quay.io/b:2"));
  }
  EXPECT_EQ(Layers(), 2u) << "the same content twice in one chain is two layers";
  const auto image = Store(paths_).Find("web:1");
  EXPECT_EQ(image->digest, Sha256::DigestOf(MakeDockerManifest(
                               config, {{Sha256::DigestOf(base_), static_cast<int64_t>(base_.size())},
                                        {Sha256::DigestOf(base_), static_cast<int64_t>(base_.size())}})));
}

TEST_F(LoadTest, ADirectoryIsReadToo) {
  Oci oci;
  oci.Name(oci.AddManifest({base_}), "");
  const std::string directory = root_ + "/my-layout";
  for (const auto& [name, bytes] : oci.files()) {
    ASSERT_TRUE(common::MakeDirectories(fs::path(directory + "/" + name).parent_path()));
    ASSERT_TRUE(common::WriteFile(directory + "/" + name, bytes));
  }
  const auto loaded = Load(paths_, directory, AcceptAll());
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_THAT(loaded->at(0).names, ElementsAre("localhost/my-layout:latest"));
  // A link out of the layout is not followed.
  const std::string blob = directory + "/oci-layout";
  fs::remove(blob);
  fs::create_symlink("/etc/hostname", blob);
  fs::remove(directory + "/index.json");
  fs::create_symlink("/etc/hostname", directory + "/index.json");
  EXPECT_FALSE(Load(paths_, directory, AcceptAll()));
}

TEST_F(LoadTest, NestedIndexesChooseThisMachine) {
  Oci oci;
  const std::string other = oci.AddManifest({top_}), mine = oci.AddManifest({base_});
  const auto entry = [&](const std::string& manifest, const std::string& os, const std::string& architecture) {
    return Oci::Descriptor("application/vnd.oci.image.manifest.v1+json", oci.AddBlob(manifest), manifest.size(),
                           fmt::format(R"(,"platform":{{"os":"{}","architecture":"{}"}})", os, architecture));
  };
  const std::string index = fmt::format(R"({{"manifests":[{},{},{}]}})", entry(other, "unknown", "unknown"),
                                        entry(other, "linux", "vax"), entry(mine, "linux", MachineArchitecture()));
  oci.Index(Oci::Descriptor("application/vnd.oci.image.index.v1+json", oci.AddBlob(index), index.size(),
                            R"(,"annotations":{"io.containerd.image.name":"docker.io/library/multi:3"})"));
  ASSERT_EQ(ErrorOf(oci.Tar()), "");
  const Store store(paths_);
  const auto image = store.Find("multi:3");
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->digest, Sha256::DigestOf(index)) << "of the index through which it was chosen";
  EXPECT_EQ(*store.ReadManifest(*image), mine);
  EXPECT_TRUE(store.Find(Sha256::DigestOf(mine)));
}

TEST_F(LoadTest, AForgedArchiveLeavesTheStoreAsItWas) {
  const auto build = [&] {
    Oci oci;
    oci.Name(oci.AddManifest({base_, top_}), "web");
    return oci;
  };
  const std::string blob = "blobs/sha256/" + Sha256::HexOf(Compress(top_, Compression::kGzip));

  Oci wrong_blob = build();
  wrong_blob.files()[blob] = Compress(base_, Compression::kGzip);
  EXPECT_THAT(ErrorOf(wrong_blob.Tar()), HasSubstr("damaged or forged"));

  Oci missing = build();
  missing.files().erase(blob);
  EXPECT_THAT(ErrorOf(missing.Tar()), HasSubstr("it is incomplete"));

  const std::string whole = build().Tar();
  EXPECT_NE(ErrorOf(whole.substr(0, whole.size() / 2)), "");

  Oci wrong_manifest = build();
  for (auto& [name, bytes] : wrong_manifest.files())
    if (bytes.find("\"layers\"") != std::string::npos) bytes += " ";
  EXPECT_THAT(ErrorOf(wrong_manifest.Tar()), HasSubstr("has not the content that its name says"));

  EXPECT_EQ(Layers(), 0u);
  EXPECT_EQ(Images(), 0u);
  EXPECT_TRUE(IsClean());
  EXPECT_EQ(ErrorOf(whole), "");
}

TEST_F(LoadTest, AWrongDiffIdIsRefused) {
  const std::string config = Config({Sha256::DigestOf(top_)});
  const std::string tar = TarBuilder().File("c.json", config).File("l.tar", base_)
                              .File("manifest.json", R"([{"Config":"c.json","Layers":["l.tar"]}])").Finish();
  EXPECT_THAT(ErrorOf(tar), HasSubstr("the digest of its uncompressed tar is " + Sha256::DigestOf(base_)));
  EXPECT_EQ(Layers(), 0u);
}

TEST_F(LoadTest, MalformedArchives) {
  const auto docker = [](const std::string& manifest, const std::string& config = "{}") {
    return TarBuilder().File("c", config).File("manifest.json", manifest).Finish();
  };
  EXPECT_THAT(ErrorOf(TarBuilder().File("etc/passwd", "x").Finish()), HasSubstr("skiff image import"));
  EXPECT_NE(ErrorOf("no archive at all"), "");
  EXPECT_NE(ErrorOf(""), "");
  EXPECT_THAT(ErrorOf(docker("[")), HasSubstr("manifest.json:1:"));
  EXPECT_THAT(ErrorOf(docker("[]")), HasSubstr("lists no image"));
  EXPECT_THAT(ErrorOf(docker("[1]")), HasSubstr("something other than images"));
  EXPECT_THAT(ErrorOf(docker(R"([{"Config":"c","Layers":[]}])")), HasSubstr("has no rootfs"));
  EXPECT_THAT(ErrorOf(docker(R"([{"Config":"c","Layers":["a"]}])", R"({"rootfs":{"diff_ids":[]}})")), HasSubstr("lists 1 layers"));
  EXPECT_THAT(ErrorOf(docker(R"([{"Config":"c","Layers":["a"]}])", R"({"rootfs":{"diff_ids":["sha256:../../x"]}})")),
              HasSubstr("not a sha256 digest"));
  EXPECT_THAT(ErrorOf(docker(std::string(9u << 20, ' '))), HasSubstr("larger than the limit"));
  EXPECT_THAT(ErrorOf(TarBuilder().File("oci-layout", "{}").File("index.json", R"({"manifests":[{"digest":"sha256:../x"}]})").Finish()),
              HasSubstr("not a sha256 digest"));
  EXPECT_EQ(Images(), 0u);
}

TEST_F(LoadTest, FourLoadsAtOnce) {
  Oci oci;
  oci.Name(oci.AddManifest({base_, top_}), "web");
  ASSERT_TRUE(common::WriteFile(root_ + "/archive", oci.Tar()));
  std::vector<std::thread> threads;
  std::vector<std::string> errors(4);
  for (auto& error : errors)
    threads.emplace_back([&] {
      const auto loaded = Load(paths_, root_ + "/archive", AcceptAll());
      if (!loaded) error = loaded.error().message();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(errors, testing::Each(""));
  EXPECT_EQ(Layers(), 2u);
  EXPECT_EQ(Images(), 1u);
  EXPECT_TRUE(IsClean());
}

TEST_F(LoadTest, ImportMakesAnImageOfATarball) {
  ASSERT_TRUE(common::WriteFile(root_ + "/root.tar.gz", Compress(base_, Compression::kGzip)));
  ImportOptions options;
  options.name = "mine";
  options.message = "hello";
  options.changes = {"CMD [\"a\", \"b c\"]", "ENV=A=1 B=\"x y\"", "ENV A 2", "expose 80 53/udp", "LABEL k=v", "USER 7",
                     "VOLUME [\"/data\"]", "WORKDIR /w", "STOPSIGNAL INT", "ENTRYPOINT run it"};
  const auto imported = Import(paths_, root_ + "/root.tar.gz", options);
  ASSERT_TRUE(imported) << imported.error().message();
  const auto image = Store(paths_).Find("mine");
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->id, imported->id);
  EXPECT_THAT(image->config.cmd, ElementsAre("a", "b c"));
  EXPECT_THAT(image->config.entrypoint, ElementsAre("/bin/sh", "-c", "run it"));
  EXPECT_THAT(image->config.env, ElementsAre("B=x y", "A=2"));
  EXPECT_THAT(image->config.exposed_ports, ElementsAre("80/tcp", "53/udp"));
  EXPECT_THAT(image->config.volumes, ElementsAre("/data"));
  EXPECT_EQ(image->config.user, "7");
  EXPECT_EQ(image->architecture, MachineArchitecture());
  EXPECT_THAT(*Store(paths_).ReadConfig(*image), HasSubstr(R"("comment":"hello")"));
  for (const char* change : {"RUN x", "ENV novalue", "CMD", "LABEL a=\"open", ""}) {
    options.changes = {change};
    EXPECT_EQ(Import(paths_, root_ + "/root.tar.gz", options).error().code(), common::ErrorCode::kInvalid) << change;
  }
  EXPECT_EQ(Images(), 1u);
}

}  // namespace
}  // namespace skiff::image

#include "image/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "common/file.h"
#include "common/json.h"
#include "image/held_images.h"
#include "image/record_file.h"
#include "image/staging.h"
#include "image/storage_layout.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::PathExists;
using common::ReadFile;
using common::WriteFile;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kBase(64, 'b'), kMiddle(64, 'c'), kTop(64, 'd');  // layers
const std::string kWeb = "1111" + std::string(60, '0');             // kTop
const std::string kTool = "1122" + std::string(60, '0');            // kMiddle
const std::string kManifest = "sha256:" + std::string(64, 'e');

// A store as podman would have written it: two images that share two of three layers.
class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    std::string pattern = testing::TempDir() + "/skiff-store-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    paths_.graph_root = root_ + "/graph";
    paths_.storage_run = root_ + "/run";
    paths_.config_dir = root_ + "/etc";
    ::unsetenv("CONTAINERS_REGISTRIES_CONF");
    EXPECT_TRUE(StorageLayout(paths_).MakeFolders());
    AddLayerFiles(kBase, "BASE");
    AddLayerFiles(kMiddle, "MIDDLE");
    AddLayerFiles(kTop, "TOP");
    Write("overlay-layers/layers.json",
          fmt::format(R"([{{"id":"{0}","diff-size":100,"custom":[1]}},{{"id":"{1}","parent":"{0}","diff-size":20}},)"
                      R"({{"id":"{2}","parent":"{1}","diff-size":3}}])",
                      kBase, kMiddle, kTop));
    Write("overlay-images/images.json",
          fmt::format(R"([{{"id":"{0}","digest":"{4}","names":["localhost/web:latest","quay.io/team/web:1"],"layer":"{2}",)"
                      R"("big-data-names":["sha256:{0}","manifest-{4}","manifest"],"big-data-sizes":{{"manifest":2}},)"
                      R"("created":"2024-01-01T00:00:00Z","unknown-member":{{"x":1}}}},)"
                      R"({{"id":"{1}","names":["docker.io/library/tool:2"],"layer":"{3}"}}])",
                      kWeb, kTool, kTop, kMiddle, kManifest));
    AddImageFiles(kWeb, R"({"architecture":"amd64","os":"linux","config":{"Cmd":["sh"],"Env":["A=1"],"User":"7",
        "ExposedPorts":{"80/tcp":{}},"Volumes":{"/data":{}},"Labels":{"k":"v"},"WorkingDir":"/w","StopSignal":"INT"}})");
    AddImageFiles(kTool, R"({"created":"2023-01-01T00:00:00Z","config":{"Entrypoint":["/tool"]}})");
  }
  ~StoreTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) {
    const std::string path = paths_.graph_root + "/" + name;
    ASSERT_TRUE(common::MakeDirectories(path.substr(0, path.rfind('/'))));
    ASSERT_TRUE(WriteFile(path, text));
  }
  void AddLayerFiles(const std::string& id, const std::string& link) {
    Write("overlay/" + id + "/link", link);
    Write("overlay/" + id + "/diff/file", id);
    Write("overlay-layers/" + id + ".tar-split.gz", "x");
    std::filesystem::create_symlink("../" + id + "/diff", paths_.graph_root + "/overlay/l/" + link);
  }
  void AddImageFiles(const std::string& id, const std::string& config) {
    const StorageLayout layout(paths_);
    ASSERT_TRUE(common::MakeDirectories(layout.ImageDir(id)));
    ASSERT_TRUE(WriteFile(layout.ImageData(id, "sha256:" + id), config));
    ASSERT_TRUE(WriteFile(layout.ImageData(id, "manifest"), "{}"));
  }
  bool LayerExists(const std::string& id) {
    const auto layers = RecordFile::Load(StorageLayout(paths_).LayersJson());
    const bool recorded = layers->FindById(id) != nullptr;
    EXPECT_EQ(recorded, PathExists(paths_.graph_root + "/overlay/" + id));
    EXPECT_EQ(recorded, PathExists(paths_.graph_root + "/overlay-layers/" + id + ".tar-split.gz"));
    return recorded;
  }
  std::string IdOf(const std::string& reference) {
    const auto image = Store(paths_).Find(reference);
    return image ? image->id : "error: " + image.error().message();
  }

  std::string root_;
  common::SystemPaths paths_;
};

TEST_F(StoreTest, FindsByNameIdAndDigest) {
  for (const std::string& reference :
       {std::string("web"), std::string("localhost/web"), std::string("quay.io/team/web:1"), std::string("team/web:1"),
        std::string("web:1"), kWeb, "sha256:" + kWeb, std::string("1111"), kManifest, "quay.io/team/web@" + kManifest})
    EXPECT_EQ(IdOf(reference), kWeb) << reference;
  EXPECT_EQ(IdOf("tool:2"), kTool);
  EXPECT_EQ(IdOf("docker.io/tool:2"), kTool);
}

TEST_F(StoreTest, WhatIsNotThereSaysWhereItLooked) {
  const auto missing = Store(paths_).Find("nginx");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message(),
            "image \"nginx\" is not in the local store (looked for localhost/nginx:latest, "
            "docker.io/library/nginx:latest); get it with `skiff pull` or `skiff image load`");
  EXPECT_EQ(Store(paths_).Find("11").error().code(), ErrorCode::kInvalid) << "two ids begin with 11";
  EXPECT_EQ(Store(paths_).Find("docker.io/other/web@" + kManifest).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Store(paths_).Find("WEB").error().code(), ErrorCode::kInvalid);
}

TEST_F(StoreTest, AliasesAndSearchRegistriesComeFromRegistriesConf) {
  ASSERT_TRUE(common::MakeDirectories(paths_.config_dir + "/registries.conf.d"));
  ASSERT_TRUE(WriteFile(paths_.config_dir + "/registries.conf", "unqualified-search-registries = ['reg.example']\n"));
  ASSERT_TRUE(WriteFile(paths_.config_dir + "/registries.conf.d/a.conf", "[aliases]\nsite = 'quay.io/team/web'\n"));
  EXPECT_EQ(IdOf("site:1"), kWeb);
  EXPECT_THAT(IdOf("none"), HasSubstr("localhost/none:latest, reg.example/none:latest, docker.io/library/none:latest"));
  ASSERT_TRUE(WriteFile(paths_.config_dir + "/registries.conf", "broken\n"));
  EXPECT_THAT(IdOf("web"), HasSubstr("registries.conf:1:7: "));
}

TEST_F(StoreTest, DecodesTheConfiguration) {
  const auto image = Store(paths_).Find("web");
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_THAT(image->config.cmd, ElementsAre("sh"));
  EXPECT_THAT(image->config.env, ElementsAre("A=1"));
  EXPECT_THAT(image->config.volumes, ElementsAre("/data"));
  EXPECT_THAT(image->config.exposed_ports, ElementsAre("80/tcp"));
  EXPECT_EQ(image->config.user, "7");
  EXPECT_EQ(image->config.working_dir, "/w");
  EXPECT_EQ(image->config.stop_signal, "INT");
  EXPECT_EQ(image->config.labels.at("k"), "v");
  EXPECT_EQ(image->architecture, "amd64");
  EXPECT_EQ(image->size, 125) << "three layers and the manifest";
  EXPECT_EQ(Store(paths_).Find("tool:2")->created, "2023-01-01T00:00:00Z");
  EXPECT_EQ(*Store(paths_).ReadManifest(*image), "{}");
}

TEST_F(StoreTest, LowerDirsAreShortAndRepaired) {
  const Store store(paths_);
  const auto image = store.Find("web");
  const std::string l = paths_.graph_root + "/overlay/l/";
  std::filesystem::remove(l + "MIDDLE");
  const auto lower = store.LowerDirs(*image);
  ASSERT_TRUE(lower) << lower.error().message();
  EXPECT_THAT(*lower, ElementsAre(l + "TOP", l + "MIDDLE", l + "BASE"));
  EXPECT_EQ(*ReadFile(l + "MIDDLE/file"), kMiddle);
}

TEST_F(StoreTest, RemovingANameKeepsTheImageAndTheMembersOfOthers) {
  const auto removed = Store(paths_).Remove("quay.io/team/web:1", false);
  ASSERT_TRUE(removed) << removed.error().message();
  EXPECT_THAT(removed->untagged, ElementsAre("quay.io/team/web:1"));
  EXPECT_TRUE(removed->deleted.empty());
  const auto images = RecordFile::Load(StorageLayout(paths_).ImagesJson());
  const auto* record = images->FindById(kWeb);
  EXPECT_THAT(common::GetStrings(*record, "names"), ElementsAre("localhost/web:latest"));
  EXPECT_EQ(common::GetInt(*common::FindObject(*record, "unknown-member"), "x"), 1);
  EXPECT_EQ(std::filesystem::file_size(StorageLayout(paths_).ImagesLock()), 64u) << "the last-writer token";
}

TEST_F(StoreTest, RemovingAnImageKeepsTheLayersOfOthers) {
  Store store(paths_);
  EXPECT_EQ(store.Remove(kWeb, false).error().code(), ErrorCode::kInvalid) << "two names";
  const auto removed = store.Remove(kWeb, true);
  ASSERT_TRUE(removed) << removed.error().message();
  EXPECT_THAT(removed->untagged, ElementsAre("localhost/web:latest", "quay.io/team/web:1"));
  EXPECT_THAT(removed->deleted, ElementsAre(kWeb));
  EXPECT_FALSE(LayerExists(kTop));
  EXPECT_TRUE(LayerExists(kMiddle));
  EXPECT_FALSE(PathExists(paths_.graph_root + "/overlay/l/TOP"));
  EXPECT_FALSE(PathExists(paths_.graph_root + "/overlay/skiff-staging"));
  EXPECT_FALSE(PathExists(StorageLayout(paths_).ImageDir(kWeb)));
  ASSERT_TRUE(store.Remove("tool:2", false));
  EXPECT_FALSE(LayerExists(kMiddle));
  EXPECT_FALSE(LayerExists(kBase));
}

TEST_F(StoreTest, ALayerThatAContainerOrChildNeedsStays) {
  Write("overlay-containers/volatile-containers.json", fmt::format(R"([{{"id":"x","image":"","layer":"{}"}}])", kTop));
  Write("overlay-layers/volatile-layers.json", fmt::format(R"([{{"id":"y","parent":"{}"}}])", kMiddle));
  ASSERT_TRUE(Store(paths_).Remove(kWeb, true));
  EXPECT_TRUE(LayerExists(kTop));
}

TEST_F(StoreTest, AnImageInUseStays) {
  Write("overlay-containers/containers.json", fmt::format(R"([{{"id":"x","names":["db"],"image":"{}"}}])", kTool));
  const auto removed = Store(paths_).Remove("tool:2", true);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code(), ErrorCode::kBusy);
  EXPECT_THAT(removed.error().message(), HasSubstr("in use by container \"db\""));
  EXPECT_EQ(IdOf("tool:2"), kTool);
}

TEST_F(StoreTest, AMountedImageStays) {
  ASSERT_TRUE(common::MakeDirectories(paths_.storage_run + "/overlay-layers"));
  ASSERT_TRUE(WriteFile(StorageLayout(paths_).MountPointsJson(), fmt::format(R"([{{"id":"{}","count":1}}])", kMiddle)));
  EXPECT_EQ(Store(paths_).Remove("tool:2", false).error().code(), ErrorCode::kBusy);
}

TEST_F(StoreTest, WhatAKilledWriterLeftIsRemoved) {
  Write("overlay-layers/layers.json",
        fmt::format(R"([{{"id":"{}","flags":{{"incomplete":true}}}},{{"id":"{}"}}])", kTop, kMiddle));
  Write("overlay/skiff-staging/dead/lock", "");
  Write("overlay/skiff-staging/dead/layer/diff/file", "x");
  ASSERT_TRUE(Store(paths_).Remove("tool:2", false));
  EXPECT_FALSE(LayerExists(kTop));
  EXPECT_FALSE(PathExists(paths_.graph_root + "/overlay/skiff-staging"));
}

// Killed after the layers had become complete and before an image needed them, or after the image's record was gone.
TEST_F(StoreTest, WhatAKilledWriterLeftCompleteIsRemovedUnlessNeeded) {
  const std::string orphan(64, 'e');
  Write("overlay-layers/layers.json",
        fmt::format(R"([{{"id":"{0}"}},{{"id":"{1}","parent":"{0}"}},{{"id":"{2}","parent":"{1}"}},{{"id":"{3}","parent":"{0}"}}])", kBase,
                    kMiddle, kTop, orphan));
  AddLayerFiles(orphan, "ORPHAN");
  Write("overlay-images/" + orphan + "/manifest", "{}");
  Write("overlay/skiff-staging/dead/lock", "");
  Write("overlay/skiff-staging/dead/journal",
        fmt::format("layer {}\nlayer {}\nimage {}\nimage {}\n", kMiddle, orphan, orphan, kTool));
  ASSERT_TRUE(Store(paths_).Remove("quay.io/team/web:1", false));  // one of two names
  EXPECT_FALSE(LayerExists(orphan));
  EXPECT_TRUE(LayerExists(kMiddle));
  EXPECT_TRUE(PathExists(StorageLayout(paths_).ImageDir(kTool)));
  EXPECT_FALSE(PathExists(paths_.graph_root + "/overlay-images/" + orphan));
  EXPECT_FALSE(PathExists(paths_.graph_root + "/overlay/skiff-staging"));
}

TEST_F(StoreTest, ATagMovesFromTheImageThatHadIt) {
  Store store(paths_);
  ASSERT_TRUE(store.Tag(*store.Find("tool:2"), "web"));
  EXPECT_EQ(IdOf("web"), kTool);
  EXPECT_THAT(store.Find(kWeb)->names, ElementsAre("quay.io/team/web:1"));
  const auto images = RecordFile::Load(StorageLayout(paths_).ImagesJson());
  EXPECT_THAT(common::GetStrings(*images->FindById(kTool), "names-history"), ElementsAre("localhost/web:latest"));
}

TEST_F(StoreTest, AHeldImageStaysUntilItIsReleased) {
  Store store(paths_);
  ASSERT_TRUE(store.Hold(kTool));
  ASSERT_TRUE(store.Hold(kTool));
  const auto containers = RecordFile::Load(StorageLayout(paths_).ContainersJson());
  ASSERT_EQ(containers->records().Size(), 1u);
  EXPECT_THAT(common::GetStrings(containers->records()[0], "names"), ElementsAre("skiff-hold-112200000000"));
  EXPECT_THAT(*HeldImages(paths_), ElementsAre(kTool));
  EXPECT_EQ(store.Remove("tool:2", true).error().code(), ErrorCode::kBusy);
  ASSERT_TRUE(store.Release(kTool));
  EXPECT_TRUE(HeldImages(paths_)->empty());
  ASSERT_TRUE(store.Release(kTool));
  EXPECT_TRUE(store.Remove("tool:2", false));
  EXPECT_EQ(store.Hold(kTool).error().code(), ErrorCode::kNotFound);
}

TEST_F(StoreTest, ALaterRecordHasTheName) {
  Write("overlay-images/images.json", fmt::format(R"([{{"id":"{}","names":["localhost/n:latest"]}},)"
                                                  R"({{"id":"{}","names":["localhost/n:latest"]}}])", kWeb, kTool));
  EXPECT_EQ(IdOf("n"), kTool);
}

TEST_F(StoreTest, AnEmptyStoreHasNoImagesAndIsNotTouched) {
  common::SystemPaths paths = paths_;
  paths.graph_root = root_ + "/none";
  Store store(paths);
  EXPECT_TRUE(store.List()->empty());
  EXPECT_EQ(store.Remove("x", false).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(store.Release(kWeb));
  EXPECT_FALSE(PathExists(paths.graph_root));
}

TEST_F(StoreTest, ABrokenFileIsNamed) {
  Write("overlay-images/images.json", "[{]");
  EXPECT_THAT(IdOf("web"), HasSubstr("overlay-images/images.json:1:3: not valid JSON"));
}

// Whoever removes the last one takes the folder that they stand in away from the others.
TEST_F(StoreTest, StagingDirectoriesComeAndGoAtOnce) {
  const StorageLayout layout(paths_);
  std::vector<std::string> errors(4);
  std::vector<std::thread> threads;
  for (std::string& error : errors)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000 && error.empty(); ++i)
        if (const auto staging = StagingDir::Create(layout); !staging) error = staging.error().message();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(errors, Each(IsEmpty()));
}

TEST(StorageLayout, BigDataFileNames) {
  EXPECT_EQ(StorageLayout::BigDataFileName("manifest"), "manifest");
  EXPECT_EQ(StorageLayout::BigDataFileName("a.1"), "a.1");
  EXPECT_EQ(StorageLayout::BigDataFileName("sha256:ab"), "=c2hhMjU2OmFi");
  EXPECT_EQ(StorageLayout::BigDataFileName("manifest-x"), "=bWFuaWZlc3QteA==");
}

}  // namespace
}  // namespace skiff::image

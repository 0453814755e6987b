// One store, skiff and podman in turn. Needs root and podman: runs inside tests/support/sandbox only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "common/file.h"
#include "common/process.h"
#include "image/storage_layout.h"
#include "image/store.h"
#include "image/transfer.h"
#include "image/transfer/layer_export.h"
#include "image/transfer/sha256.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using testing::HasSubstr;

constexpr char kGraph[] = "/var/lib/containers/storage";

struct Ran {
  int code;
  std::string out;  // both streams
};

Ran Sh(const std::string& script) {
  common::Command command;
  command.argv = {"bash", "-c", "exec 2>&1\n" + script};
  const auto output = common::Run(std::move(command));
  if (!output) return {-1, output.error().message()};
  return {output->status.ToCode(), output->out};
}

void MustRun(const std::string& script) {
  const Ran ran = Sh(script);
  ASSERT_EQ(ran.code, 0) << script << "\n" << ran.out;
}

// Everything about the files below the layers, but for the sizes of directories (the file system's), the times of whiteouts
// (nobody's) and the layers' roots.
std::string Trees() {
  return Sh(fmt::format(R"sh(cd {}/overlay && for layer in $(ls | grep -E '^[0-9a-f]{{64}}$'); do
      cd $layer/diff
      find . -mindepth 1 -type d -printf "$layer %p %y %m %U %G %T@\n" -o -mindepth 1 -printf "$layer %p %y %m %U %G %s %T@ %n %l\n" | sed -E 's/( c 0 0 0 0) [0-9.]+/\1/' | sort
      find . -type f -exec sha256sum {{}} + | sort
      find . \( -type c -o -type b \) -exec stat -c '%n %t %T' {{}} + | sort
      python3 -c '
import os
for root, folders, files in os.walk(b"."):
    for name in folders + files:
        path = os.path.join(root, name)
        for key in os.listxattr(path, follow_symlinks=False):
            print(path, key, os.getxattr(path, key, follow_symlinks=False))' | sort
      cd ../..
    done)sh", kGraph)).out;
}

class ImageRootTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::getenv("SKIFF_SANDBOX") == nullptr) GTEST_SKIP() << "needs tests/support/sandbox";
    ::umask(022);
    auto paths = common::SystemPaths::FromEnvironment();
    ASSERT_TRUE(paths);
    paths_ = *paths;
    paths_.libexec_dir = SKIFF_PROGRAMS;
    char pattern[] = "/run/image-test-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    MustRun(fmt::format("{}/tests/support/make-image {}/web.tar localhost/web:1 EXTRA_LAYERS=2 'Cmd=[\"echo\",\"hello\"]'",
                        SKIFF_SOURCE_DIR, directory_));
  }
  void TearDown() override {
    if (directory_.empty()) return;
    MustRun("podman rm -af; podman rmi -af");
    EXPECT_EQ(Sh(fmt::format("ls {}/overlay | grep -v '^l$'", kGraph)).out, "") << "the space comes back";
    MustRun("rm -rf " + directory_);
  }

  std::string Archive(const std::string& name = "web.tar") const { return directory_ + "/" + name; }
  void LoadBySkiff(const std::string& name = "web.tar") {
    const auto loaded = LoadArchive(paths_, Archive(name));
    ASSERT_TRUE(loaded) << loaded.error().message();
  }
  Store OpenStore() const { return Store(paths_); }

  common::SystemPaths paths_;
  std::string directory_;
};

TEST_F(ImageRootTest, WhatSkiffLoadsRunsInPodman) {
  LoadBySkiff();
  EXPECT_EQ(Sh("podman run --rm --network none localhost/web:1").out, "hello\n");
  EXPECT_EQ(Sh("podman run --rm --network none localhost/web:1 cat /layers/1 /layers/2").out, "1\n2\n");
  const auto image = OpenStore().Find("localhost/web:1");
  ASSERT_TRUE(image);
  EXPECT_EQ(Sh("podman image inspect --format '{{.Id}} {{.Digest}} {{.Size}}' localhost/web:1").out,
            fmt::format("{} {} {}\n", image->id, image->digest, image->size));
}

TEST_F(ImageRootTest, WhatSkiffLoadsIsPushedBitForBit) {
  LoadBySkiff();
  MustRun("skopeo copy -q containers-storage:localhost/web:1 dir:" + directory_ + "/out");
  // Layers leave the store uncompressed, each named by the digest of what was built again from the files.
  EXPECT_EQ(Sh(fmt::format("jq -r .layers[].digest {}/out/manifest.json", directory_)).out,
            Sh("podman image inspect localhost/web:1 | jq -r .[0].RootFS.Layers[]").out);
  MustRun(fmt::format("cd {}/out && for blob in $(jq -r .layers[].digest manifest.json | cut -d: -f2); do "
                      "echo \"$blob  $blob\" | sha256sum -c; done", directory_));
}

TEST_F(ImageRootTest, WhatPodmanLoadsAndBuildsIsFound) {
  MustRun("podman load -qi " + Archive());
  MustRun(fmt::format("cd {0} && echo page > page && printf 'FROM localhost/web:1\\nCOPY page /page\\nENV A=1\\n' > Containerfile "
                      "&& podman build -q -t built .", directory_));
  const Store store = OpenStore();
  const auto image = store.Find("built");
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_THAT(image->config.env, testing::Contains("A=1"));
  const auto lower = store.LowerDirs(*image);
  ASSERT_TRUE(lower) << lower.error().message();
  EXPECT_EQ(*common::ReadFile(lower->front() + "/page"), "page\n");
  std::string option = "lowerdir=";
  for (const auto& layer : *lower) option += (option.back() == '=' ? "" : ":") + layer;
  const std::string target = directory_ + "/mnt";
  ASSERT_TRUE(common::MakeDirectories(target));
  ASSERT_EQ(::mount("overlay", target.c_str(), "overlay", MS_RDONLY, option.c_str()), 0);
  EXPECT_TRUE(common::PathExists(target + "/bin/busybox"));
  EXPECT_EQ(*common::ReadFile(target + "/layers/2"), "2\n");
  ::umount(target.c_str());
}

TEST_F(ImageRootTest, BothUnpackTheSameTrees) {
  // Everything that a layer can hold, over a layer that has things to hide.
  MustRun(fmt::format(R"sh(
    mkdir -p {0}/a/dir/sub {0}/a/gone {0}/b/dir {0}/b/odd && cd {0}/a && echo x > dir/sub/f && echo y > gone/g && echo z > plain
    ln plain hard; ln -s /etc/passwd link; mkfifo pipe; mknod null c 1 3; mknod disk b 7 200
    cp /bin/true suid; chown 123:456 suid; setcap cap_net_raw+ep suid; chmod 6755 suid; chmod 1777 dir; python3 -c 'import os; os.setxattr("plain", "user.note", b"text")'
    chown -h 7:8 link; touch -d '1999-12-31 23:59:59.123456789' plain; touch -h -d 2001-01-01 link; touch -d 2002-02-02 dir/sub dir
    cd {0}/b && touch .wh.gone dir/.wh..wh..opq dir/.wh.sub && echo new > dir/new && echo "a name" > "odd/$(printf 'n\303\244me\377 \n')"
    touch -d 2003-03-03 dir
    for l in a b; do tar --format=posix --xattrs --xattrs-include='*' --sort=name -C {0}/$l -cf {0}/$l.tar .; done
    da=$(sha256sum < {0}/a.tar | cut -c-64); db=$(sha256sum < {0}/b.tar | cut -c-64)
    printf '{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["sha256:%s","sha256:%s"]}}}}' $da $db > {0}/c.json
    printf '[{{"Config":"c.json","RepoTags":["localhost/zoo:1"],"Layers":["a.tar","b.tar"]}}]' > {0}/manifest.json
    tar -C {0} -cf {0}/zoo.tar c.json a.tar b.tar manifest.json)sh", directory_));
  MustRun("podman load -qi " + Archive("zoo.tar"));
  const std::string by_podman = Trees();
  MustRun("podman rmi -af");
  LoadBySkiff("zoo.tar");
  EXPECT_EQ(Trees(), by_podman);
  EXPECT_THAT(by_podman, HasSubstr("trusted.overlay.opaque"));
  MustRun("skopeo copy -q containers-storage:localhost/zoo:1 dir:" + directory_ + "/out");
  MustRun(fmt::format("cd {0}/out && cmp $(sha256sum < {0}/b.tar | cut -c-64) {0}/b.tar && cmp $(sha256sum < {0}/a.tar | cut -c-64) {0}/a.tar", directory_));
}

TEST_F(ImageRootTest, LayersOfBothAreExportedBitForBit) {
  const auto expect_exact = [&](const std::string& name, size_t count) {
    const auto image = OpenStore().Find(name);
    ASSERT_TRUE(image) << image.error().message();
    const StorageLayout layout(paths_);
    const auto layers = StoredLayers(layout, image->top_layer);
    ASSERT_TRUE(layers) << layers.error().message();
    EXPECT_EQ(layers->size(), count);
    for (const auto& layer : *layers) {
      auto tar = OpenLayerTar(layout, layer);
      ASSERT_TRUE(tar) << tar.error().message();
      DigestingSource digesting(std::move(*tar));
      while (true) {
        const auto chunk = digesting.Next();
        ASSERT_TRUE(chunk) << chunk.error().message();
        if (chunk->empty()) break;
      }
      EXPECT_EQ(digesting.Digest(), layer.diff_digest);
      EXPECT_EQ(digesting.size(), layer.diff_size);
    }
  };
  MustRun("podman load -qi " + Archive());
  expect_exact("localhost/web:1", 3);
  MustRun(fmt::format("cd {0} && printf 'FROM localhost/web:1\\nRUN rm /layers/1; echo 2 > /new; ln /new /hard; rm -r /var/www; mkdir /var/www\\n' "
                      "> Containerfile && podman build -q --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 -t built .", directory_));
  expect_exact("built", 4);
  MustRun("podman rmi -af");
  LoadBySkiff();
  expect_exact("localhost/web:1", 3);
}

TEST_F(ImageRootTest, PodmanKeepsAHeldImage) {
  LoadBySkiff();
  Store store = OpenStore();
  const auto image = store.Find("localhost/web:1");
  ASSERT_TRUE(store.Hold(image->id));
  const Ran refused = Sh("podman rmi localhost/web:1");
  EXPECT_NE(refused.code, 0);
  EXPECT_THAT(refused.out, HasSubstr("in use"));
  MustRun("podman image prune -af && podman system prune -af");
  EXPECT_TRUE(store.Find("localhost/web:1"));
  EXPECT_THAT(Sh("podman ps -a --external").out, HasSubstr("skiff-hold-" + image->id.substr(0, 12)));
  EXPECT_EQ(Sh("podman run --rm --network none localhost/web:1").out, "hello\n");
  ASSERT_TRUE(store.Hold(image->id)) << "still there after podman rewrote the file";
  ASSERT_TRUE(store.Release(image->id));
  MustRun("podman rmi localhost/web:1");
  EXPECT_FALSE(store.Find("localhost/web:1"));
}

TEST_F(ImageRootTest, SkiffKeepsAnImageThatAPodmanContainerUses) {
  MustRun("podman load -qi " + Archive() + " && podman create --name user localhost/web:1");
  Store store = OpenStore();
  const auto refused = store.Remove("localhost/web:1", true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kBusy);
  EXPECT_THAT(refused.error().message(), HasSubstr("\"user\""));
  MustRun("podman rm user");
  EXPECT_TRUE(store.Remove("localhost/web:1", false));
  EXPECT_EQ(Sh("podman images -q").out, "");
}

TEST_F(ImageRootTest, NamesMoveBetweenImagesOfBoth) {
  MustRun("podman load -qi " + Archive());
  MustRun(fmt::format("mkdir {0}/r && echo 1 > {0}/r/f && tar -C {0}/r -cf {0}/r.tar .", directory_));
  const auto imported = ImportTarball(paths_, Archive("r.tar"), {"localhost/web:1", "", {"CMD [\"x\"]"}});
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_EQ(Sh("podman images --no-trunc --format '{{.Id}}' localhost/web:1").out, imported->id + "\n");
  EXPECT_EQ(Sh("podman images -q | sort -u | wc -l").out, "2\n");
  MustRun("podman tag localhost/web:1 other:2");
  EXPECT_EQ(OpenStore().Find("other:2")->id, imported->id);
}

TEST_F(ImageRootTest, LoadsOfBothAtOnce) {
  const std::string load = fmt::format("{}/skiff-transfer load --graph-root {} --run-root {} {}", SKIFF_PROGRAMS, kGraph,
                                       paths_.storage_run, Archive());
  MustRun(fmt::format("pids=; for i in 1 2 3 4; do {0} & pids+=\" $!\"; podman load -qi {1} & pids+=\" $!\"; done; "
                      "for p in $pids; do wait $p || exit 1; done", load, Archive()));
  EXPECT_EQ(Sh("podman run --rm --network none localhost/web:1").out, "hello\n");
  EXPECT_EQ(Sh(fmt::format("jq length {0}/overlay-images/images.json {0}/overlay-layers/layers.json", kGraph)).out, "1\n3\n");
}

// Kills it at a random moment, mostly while it works.
void RunAndKill(std::vector<std::string> argv, std::mt19937& random) {
  common::Command command;
  command.argv = std::move(argv);
  const auto child = common::Spawn(command);
  ASSERT_TRUE(child);
  ::usleep(random() % 60'000);
  ::kill(child->pid, SIGKILL);
  ASSERT_TRUE(common::Wait(child->pid));
}

// SKIFF_KILL_ROUNDS: how often; the issue's own number is 200.
TEST_F(ImageRootTest, KilledLoadsAndRemovalsLeaveAReadableStore) {
  const char* wanted = ::getenv("SKIFF_KILL_ROUNDS");
  const int rounds = wanted != nullptr ? std::atoi(wanted) : 30;
  std::mt19937 random(::getpid());
  const std::string transfer = std::string(SKIFF_PROGRAMS) + "/skiff-transfer", skiff = std::string(SKIFF_PROGRAMS) + "/skiff";
  for (int round = 0; round < rounds; ++round) {
    RunAndKill({transfer, "load", "--graph-root", kGraph, "--run-root", paths_.storage_run, Archive()}, random);
    if (round % 2 == 1) {
      LoadBySkiff();
      RunAndKill({skiff, "rmi", "-f", "localhost/web:1"}, random);
    }
    const auto images = OpenStore().List();
    ASSERT_TRUE(images) << images.error().message();
    if (round % 5 == 0) MustRun("podman images");
    if (images->empty()) continue;
    // What is believed to be there is whole.
    const auto lower = OpenStore().LowerDirs(images->front());
    ASSERT_TRUE(lower) << lower.error().message();
    EXPECT_EQ(*common::ReadFile(lower->front() + "/layers/2"), "2\n");
    EXPECT_EQ(*common::ReadFile((*lower)[1] + "/layers/1"), "1\n");
    EXPECT_TRUE(common::PathExists(lower->back() + "/bin/busybox"));
    ASSERT_TRUE(OpenStore().Remove(images->front().id, true));
  }
  LoadBySkiff();
  EXPECT_EQ(Sh("podman run --rm --network none localhost/web:1").out, "hello\n");
  EXPECT_EQ(Sh(fmt::format("ls {0}/overlay | grep -vc '^l$'; ls {0}/overlay/l | wc -l; ls {0}/overlay-layers/*.gz | wc -l", kGraph)).out,
            "3\n3\n3\n") << "three layers and nothing else";
}

}  // namespace
}  // namespace skiff::image

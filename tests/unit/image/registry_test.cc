// The parts of the registry client that need no registry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compress.h"
#include "image/registry_request.h"
#include "image/transfer/manifest.h"
#include "image/transfer/platform.h"
#include "image/transfer/url.h"
#include "image/transfer/utf8.h"
#include "image/transfer/www_authenticate.h"
#include "image/transfer_error.h"
#include "image/transfer_event.h"

namespace skiff::image {
namespace {

using testing::HasSubstr;

TEST(WwwAuthenticate, Bearer) {
  const auto list = ParseWwwAuthenticate(R"(Bearer realm="https://auth.example/token",service="registry, \"one\"",scope=repository:a:pull)");
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].scheme, "bearer");
  EXPECT_EQ(list[0].Get("realm"), "https://auth.example/token");
  EXPECT_EQ(list[0].Get("service"), "registry, \"one\"");
  EXPECT_EQ(list[0].Get("scope"), "repository:a:pull");
  EXPECT_EQ(list[0].Get("none"), "");
}

TEST(WwwAuthenticate, SeveralInOneLine) {
  const auto list = ParseWwwAuthenticate(R"(Negotiate, BASIC Realm="x" , charset = UTF-8, Bearer realm="y")");
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].scheme, "negotiate");
  EXPECT_EQ(list[1].scheme, "basic");
  EXPECT_EQ(list[1].Get("realm"), "x");
  EXPECT_EQ(list[1].Get("charset"), "UTF-8");
  EXPECT_EQ(list[2].Get("realm"), "y");
}

TEST(WwwAuthenticate, BrokenOnesEndTheList) {
  EXPECT_TRUE(ParseWwwAuthenticate("").empty());
  EXPECT_TRUE(ParseWwwAuthenticate("=,\"").empty());
  EXPECT_EQ(ParseWwwAuthenticate("Bearer realm=\"never closed").size(), 1u);
}

common::JsonDocument Index(const std::string& manifests) { return *common::ParseJson("{\"manifests\":[" + manifests + "]}", "index"); }

std::string Entry(const std::string& digest, const std::string& os, const std::string& arch, const std::string& variant,
                  const std::string& more = "") {
  return fmt::format(R"({{"digest":"{}","platform":{{"os":"{}","architecture":"{}","variant":"{}"}}{}}})", digest, os, arch, variant, more);
}

std::string Choose(const common::JsonDocument& index, const Platform& wanted) {
  const auto* chosen = ChoosePlatform(index, wanted);
  return chosen == nullptr ? "none" : std::string(common::GetString(*chosen, "digest"));
}

TEST(Platform, SameVariantOrTheNextLowerOne) {
  const auto index = Index(Entry("win", "windows", "amd64", "") + "," + Entry("v5", "linux", "arm", "v5") + "," +
                           Entry("v7", "linux", "arm", "v7") + "," + Entry("amd", "linux", "amd64", "") + "," + Entry("a64", "linux", "arm64", "v8"));
  EXPECT_EQ(Choose(index, {"linux", "amd64", ""}), "amd");
  EXPECT_EQ(Choose(index, {"windows", "amd64", ""}), "win");
  EXPECT_EQ(Choose(index, {"linux", "arm", "v8"}), "v7");
  EXPECT_EQ(Choose(index, {"linux", "arm", "v7"}), "v7");
  EXPECT_EQ(Choose(index, {"linux", "arm", "v6"}), "v5");
  EXPECT_EQ(Choose(index, {"linux", "arm", ""}), "v7");
  EXPECT_EQ(Choose(index, {"linux", "arm64", ""}), "a64");
  EXPECT_EQ(Choose(index, {"linux", "s390x", ""}), "none");
}

TEST(Platform, WithoutPlatformOnlyAsALastResort) {
  const auto index = Index(R"({"digest":"bare"},)" + Entry("amd", "linux", "amd64", ""));
  EXPECT_EQ(Choose(index, {"linux", "amd64", ""}), "amd");
  EXPECT_EQ(Choose(index, {"linux", "riscv64", ""}), "bare");
}

TEST(Platform, ZstdIsPreferredOfEquals) {
  const auto index = Index(Entry("gzip", "linux", "amd64", "") + "," +
                           Entry("zstd", "linux", "amd64", "", R"(,"annotations":{"io.github.containers.compression.zstd":"true"})"));
  EXPECT_EQ(Choose(index, {"linux", "amd64", ""}), "zstd");
}

TEST(Platform, SurvivesNonsense) {
  EXPECT_EQ(Choose(Index(R"(1,"x",[],{"platform":7},{"platform":{"os":3}})"), {"linux", "amd64", ""}), "");
  EXPECT_EQ(ListPlatforms(Index("1," + Entry("x", "linux", "arm", "v7"))), "linux/arm/v7");
}

std::string TypeOf(const std::string& manifest, std::string_view content_type = "") {
  const auto type = MediaTypeOf(*common::ParseJson(manifest, "manifest"), content_type);
  return type ? *type : "error: " + type.error().message();
}

TEST(Manifest, MediaTypes) {
  EXPECT_EQ(TypeOf(R"({"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{},"layers":[]})", kOciManifest), kDockerManifest);
  EXPECT_EQ(TypeOf(R"({"config":{},"layers":[]})", "application/vnd.docker.distribution.manifest.v2+json; charset=utf-8"), kDockerManifest);
  EXPECT_EQ(TypeOf(R"({"config":{},"layers":[]})", "text/plain"), kOciManifest);
  EXPECT_EQ(TypeOf(R"({"manifests":[]})"), kOciIndex);
  EXPECT_THAT(TypeOf(R"({"manifests":[],"layers":[]})"), HasSubstr("neither clearly"));
  EXPECT_THAT(TypeOf(R"({"mediaType":"application/vnd.oci.image.index.v1+json","layers":[],"config":{}})"), HasSubstr("it has other members"));
  EXPECT_THAT(TypeOf(R"({"schemaVersion":1,"fsLayers":[]})"), HasSubstr("schema 1"));
  EXPECT_THAT(TypeOf("[]"), HasSubstr("not a JSON object"));
}

TEST(Manifest, DescriptorsAreChecked) {
  const auto error = [](const std::string& json) {
    const auto parts = ReadManifest(*common::ParseJson(json, "manifest"));
    return parts ? std::string("accepted") : parts.error().message();
  };
  const std::string good = R"({"digest":"sha256:)" + std::string(64, 'a') + R"(","size":1})";
  EXPECT_EQ(error("{\"config\":" + good + ",\"layers\":[" + good + "]}"), "accepted");
  EXPECT_THAT(error("{\"config\":" + good + ",\"layers\":[1]}"), HasSubstr("layers has a value of the wrong type"));
  EXPECT_THAT(error("{\"config\":" + good + R"(,"layers":[{"digest":"sha256:../x","size":1}]})"), HasSubstr("is not a sha256 digest"));
  EXPECT_THAT(error("{\"config\":" + good + R"(,"layers":[{"digest":"sha256:)" + std::string(64, 'a') + "\"}]}"), HasSubstr("has no size"));
  EXPECT_THAT(error("{\"layers\":[]}"), HasSubstr("no config"));
}

TEST(Url, OriginAndResolution) {
  EXPECT_EQ(OriginOf("https://r.example/v2/"), "https://r.example:443");
  EXPECT_EQ(OriginOf("http://r.example:5000/x?y"), "http://r.example:5000");
  EXPECT_NE(OriginOf("https://r.example.evil/"), OriginOf("https://r.example/"));
  EXPECT_EQ(OriginOf("file:///etc/passwd"), "");
  EXPECT_EQ(*ResolveUrl("https://r.example/v2/a/", "/v2/b"), "https://r.example/v2/b");
  EXPECT_EQ(*ResolveUrl("https://r.example/v2/a", "https://user:pw@other.example/x"), "https://other.example/x");
  EXPECT_FALSE(ResolveUrl("https://r.example/", "file:///etc/passwd"));
  EXPECT_FALSE(ResolveUrl("https://r.example/", ""));
  EXPECT_EQ(AddQuery("https://r.example/u?state=1", "digest", "sha256:a"), "https://r.example/u?state=1&digest=sha256%3aa");
}

// Gives one text again and again.
class Repeated : public ByteSource {
 public:
  Repeated(std::string text, int times) : text_(std::move(text)), times_(times) {}
  common::Result<std::string_view> Next() override { return times_-- > 0 ? std::string_view(text_) : std::string_view(); }

 private:
  std::string text_;
  int times_;
};

TEST(Decompress, WhatGrowsWithoutMeasureIsRefused) {
  const std::string bomb = Compress(std::string(8u << 20, '\0'), Compression::kGzip);
  auto stream = Decompress(std::make_unique<Repeated>(bomb, 100));
  ASSERT_TRUE(stream);
  int64_t given = 0;
  auto chunk = stream->source->Next();
  for (; chunk && !chunk->empty(); chunk = stream->source->Next()) given += static_cast<int64_t>(chunk->size());
  ASSERT_FALSE(chunk);
  EXPECT_THAT(chunk.error().message(), HasSubstr("made to fill the disk"));
  EXPECT_LT(given, int64_t{300} << 20);
}

TEST(TransferError, WhatComesFromOutsideIsShownShortAndWithoutControlCharacters) {
  EXPECT_EQ(ReadableText("layer \"a/b\": it is\nbroken"), "layer \"a/b\": it is\nbroken");
  EXPECT_EQ(ReadableText("\x1b[2J\rx\x7f"), "\\x1b[2J\\x0dx\\x7f");
  const std::string name = ReadableText("the entry \"" + std::string(1000000, 'n') + "\" leads out");
  EXPECT_THAT(name, HasSubstr("\"nnn"));
  EXPECT_THAT(name, HasSubstr("nnn[...999840 bytes...]nnn"));
  EXPECT_THAT(name, HasSubstr("nnn\" leads out"));
  EXPECT_LT(name.size(), 300u);
  // Two bytes per character: none is cut in half.
  std::string umlauts;
  for (int i = 0; i < 500; ++i) umlauts += "\u00e4";
  EXPECT_TRUE(IsUtf8(ReadableText("x" + umlauts)));
  std::string words;
  for (int i = 0; i < 100000; ++i) words += "word ";
  EXPECT_LT(ReadableText(words).size(), 8300u);
}

TEST(RegistryRequest, GoesThroughJson) {
  RegistryRequest request;
  request.access.auth.given = Credentials{"u", "p\"\n", "t"};
  request.access.auth.pull_secrets = {"{}"};
  request.access.tls_verify = false;
  request.access.retries = 7;
  request.items = {{"a/b:1", {"s1", "s2"}}, {"c", {}}};
  request.architecture = "arm64";
  request.all_tags = request.progress = true;
  const auto back = DecodeRegistryRequest(EncodeRegistryRequest(request));
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->access.auth.given->password, "p\"\n");
  EXPECT_EQ(back->access.auth.pull_secrets, request.access.auth.pull_secrets);
  EXPECT_EQ(back->access.tls_verify, false);
  EXPECT_EQ(back->access.retries, 7);
  ASSERT_EQ(back->items.size(), 2u);
  EXPECT_EQ(back->items[0].pull_secrets, request.items[0].pull_secrets);
  EXPECT_EQ(back->architecture, "arm64");
  EXPECT_TRUE(back->all_tags && back->progress);
  EXPECT_EQ(DecodeRegistryRequest(EncodeRegistryRequest({}))->access.tls_verify, std::nullopt);
}

TEST(TransferEvent, GoesThroughJson) {
  const TransferEvent event{TransferEvent::Kind::kProgress, "a:1", "sha256:x", "t", 5, 10};
  TransferEvent back;
  ASSERT_TRUE(DecodeTransferEvent(*common::ParseJson(EncodeTransferEvent(event), "event"), back));
  EXPECT_EQ(back.kind, event.kind);
  EXPECT_EQ(back.digest, "sha256:x");
  EXPECT_EQ(back.bytes, 5);
  EXPECT_EQ(back.size, 10);
  EXPECT_FALSE(DecodeTransferEvent(*common::ParseJson("{\"results\":[]}", "result"), back));
}

}  // namespace
}  // namespace skiff::image

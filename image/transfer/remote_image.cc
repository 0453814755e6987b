#include "image/transfer/remote_image.h"

#include "image/transfer/json_types.h"
#include "image/transfer/sha256.h"
#include "image/transfer/url.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr size_t kManifestLimit = 4u << 20;  // that of containers/image
constexpr size_t kPageLimit = 4u << 20;
constexpr size_t kMaxTags = 100000;
constexpr int kMaxPages = 1000;
constexpr int kIndexDepth = 4;

std::string PullScope(const PullSource& source) { return fmt::format("repository:{}:pull", source.repository); }

// The target of `Link: </v2/...>; rel="next"`; empty if there is none.
std::string NextPage(const HttpHead& head) {
  const std::string link = head.Get("link");
  const size_t start = link.find('<');
  const size_t end = link.find('>');
  if (start != 0 || end == std::string::npos || link.find("next", end) == std::string::npos) return {};
  return link.substr(1, end - 1);
}

}  // namespace

Result<RemoteManifest> FetchManifest(const RemoteRepository& repository, HttpClient& client, const std::string& tag_or_digest) {
  HttpRequest request;
  request.url = fmt::format("/v2/{}/manifests/{}", repository.source.repository, tag_or_digest);
  for (const char* type : {kOciManifest, kDockerManifest, kDockerList, kOciIndex,
                           "application/vnd.docker.distribution.manifest.v1+prettyjws", "application/vnd.docker.distribution.manifest.v1+json"})
    request.headers.push_back(std::string("Accept: ") + type);
  const std::string what = fmt::format("reading manifest {} in {}", tag_or_digest, repository.source.name);
  ASSIGN_OR_RETURN(const HttpHead head, repository.session->Send(client, request, PullScope(repository.source)), "{}", what);
  if (head.status == 404) {
    auto error = AnswerError(client, head, what);
    return error.message().find("unknown") != std::string::npos
               ? error
               : MakeError(ErrorCode::kNotFound, "{}: manifest unknown or not a registry (HTTP status 404)", what);
  }
  if (head.status != 200) return AnswerError(client, head, what);
  RemoteManifest manifest;
  ASSIGN_OR_RETURN(manifest.bytes, client.ReadBody(kManifestLimit), "{}", what);
  manifest.digest = Sha256::DigestOf(manifest.bytes);
  if (tag_or_digest.find(':') != std::string::npos && manifest.digest != tag_or_digest)
    return MakeError(ErrorCode::kInvalid, "{}: its digest is {}: it is damaged or forged", what, manifest.digest);
  ASSIGN_OR_RETURN(const auto json, common::ParseJson(manifest.bytes, what));
  ASSIGN_OR_RETURN(manifest.media_type, MediaTypeOf(json, head.Get("content-type")), "{}", what);
  return manifest;
}

Result<RemoteImage> FetchImage(const RemoteRepository& repository, HttpClient& client, const std::string& tag_or_digest,
                               const Platform& platform) {
  RemoteImage image;
  ASSIGN_OR_RETURN(image.manifest, FetchManifest(repository, client, tag_or_digest));
  for (int depth = 0; IsIndex(image.manifest.media_type); ++depth) {
    if (depth == kIndexDepth) return MakeError(ErrorCode::kInvalid, "{}: an index leads to an index again and again", repository.source.name);
    ASSIGN_OR_RETURN(const auto json, common::ParseJson(image.manifest.bytes, "an image index"));
    TRY(CheckManifestTypes(json), "the index of {}", repository.source.name);
    const common::JsonValue* chosen = ChoosePlatform(json, platform);
    if (chosen == nullptr)
      return MakeError(ErrorCode::kNotFound, "{} has no image for {}; it has {}", repository.source.name, platform.ToString(),
                       ListPlatforms(json));
    ASSIGN_OR_RETURN(const Descriptor descriptor, ReadDescriptor(*chosen), "the index of {}", repository.source.name);
    if (depth == 0) image.index = std::move(image.manifest.bytes);
    ASSIGN_OR_RETURN(image.manifest, FetchManifest(repository, client, descriptor.digest));
  }
  ASSIGN_OR_RETURN(const auto json, common::ParseJson(image.manifest.bytes, "an image manifest"));
  ASSIGN_OR_RETURN(image.parts, ReadManifest(json), "the manifest of {}", repository.source.name);
  return image;
}

Result<std::string> FetchConfig(const RemoteRepository& repository, HttpPool& pool, const RetryPolicy& retry,
                                const Descriptor& descriptor) {
  if (descriptor.size > static_cast<int64_t>(kManifestLimit))
    return MakeError(ErrorCode::kInvalid, "the image configuration {} has {} bytes; more than {} are not read", descriptor.digest,
                     descriptor.size, kManifestLimit);
  const auto blob = OpenRegistryBlob(*repository.session, pool, retry, {repository.source.repository, descriptor.digest, descriptor.size, {}, {}});
  std::string config;
  while (true) {
    ASSIGN_OR_RETURN(const std::string_view chunk, blob->Next(), "image configuration");
    if (chunk.empty()) break;
    config += chunk;
  }
  if (Sha256::DigestOf(config) != descriptor.digest)
    return MakeError(ErrorCode::kInvalid, "the image configuration has the digest {}, but {} was announced: it is damaged or forged",
                     Sha256::DigestOf(config), descriptor.digest);
  return config;
}

Result<std::vector<std::string>> FetchPages(RegistrySession& session, HttpClient& client, std::string path, const std::string& scope,
                                            const char* member, size_t limit) {
  std::vector<std::string> all;
  for (int pages = 1; !path.empty(); ++pages) {
    if (pages > kMaxPages) return MakeError(ErrorCode::kInvalid, "the registry's list has no end: {} pages were read", kMaxPages);
    HttpRequest request;
    request.url = path;
    ASSIGN_OR_RETURN(const HttpHead head, session.Send(client, request, scope));
    if (head.status != 200) return AnswerError(client, head, path);
    ASSIGN_OR_RETURN(const std::string body, client.ReadBody(kPageLimit));
    ASSIGN_OR_RETURN(const auto json, common::ParseJson(body, path));
    if (!json.IsObject()) return MakeError(ErrorCode::kInvalid, "{}: not a JSON object", path);
    const auto page = common::GetStrings(json, member);
    all.insert(all.end(), page.begin(), page.end());
    const std::string next = NextPage(head);
    if (page.empty() || next.empty() || all.size() >= limit) break;
    ASSIGN_OR_RETURN(path, ResolveUrl(session.UrlOf(path), next));
    if (OriginOf(path) != OriginOf(session.UrlOf("/v2/")))
      return MakeError(ErrorCode::kInvalid, "the registry's next page is on another server: {}", path);
  }
  if (all.size() > limit) all.resize(limit);
  return all;
}

Result<std::vector<std::string>> FetchTags(const RemoteRepository& repository, HttpClient& client) {
  auto tags = FetchPages(*repository.session, client, fmt::format("/v2/{}/tags/list", repository.source.repository),
                         PullScope(repository.source), "tags", kMaxTags);
  if (!tags) return std::move(tags).error().Wrap("getting repository tags of " + repository.source.name);
  return tags;
}

}  // namespace skiff::image

#include "image/transfer/registry_push.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "common/file.h"
#include "image/record_file.h"
#include "image/registries_conf.h"
#include "image/snapshot.h"
#include "image/transfer/gzip_source.h"
#include "image/transfer/known_blobs.h"
#include "image/transfer/sha256.h"
#include "image/transfer/url.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonDocument;
using common::JsonValue;
using common::MakeError;
using common::Result;
using Kind = TransferEvent::Kind;

constexpr unsigned kMaxWorkers = 6;
constexpr std::chrono::seconds kStall{60};
constexpr size_t kBlobLimit = 16u << 20;
constexpr char kOciConfig[] = "application/vnd.oci.image.config.v1+json";
constexpr char kDockerConfig[] = "application/vnd.docker.container.image.v1+json";

bool IsDocker(std::string_view manifest_type) { return manifest_type == kDockerManifest; }

std::string LayerType(std::string_view manifest_type, std::string_view compression) {
  if (IsDocker(manifest_type)) return "application/vnd.docker.image.rootfs.diff.tar.gzip";
  return "application/vnd.oci.image.layer.v1.tar+" + std::string(compression);
}

// The same layer in the other family of manifests; compression is told by the old type.
std::string ConvertLayerType(std::string_view old, std::string_view manifest_type) {
  const bool zstd = old.find("zstd") != std::string_view::npos;
  const bool gzip = old.find("gzip") != std::string_view::npos;
  if (IsDocker(manifest_type)) return gzip ? LayerType(manifest_type, "gzip") : "application/vnd.docker.image.rootfs.diff.tar";
  return zstd || gzip ? LayerType(manifest_type, zstd ? "zstd" : "gzip") : "application/vnd.oci.image.layer.v1.tar";
}

// Gives bytes of its own without hashing them again, and remembers digest and size.
class TextSource : public ByteSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  Result<std::string_view> Next() override { return std::exchange(text_, {}); }

 private:
  std::string_view text_;
};

}  // namespace

Result<RegistryPush> RegistryPush::Prepare(const common::SystemPaths& paths, const RegistryRequest& request) {
  RegistryPush push(paths, request);
  push.pool_ = std::make_unique<HttpPool>(kStall);
  push.events_ = std::make_unique<EventWriter>(request.progress);
  ASSIGN_OR_RETURN(const RegistriesConf conf, RegistriesConf::Load(paths));
  ASSIGN_OR_RETURN(const Reference destination, Reference::Parse(request.items.at(0).name));
  if (!destination.digest.empty())
    return MakeError(ErrorCode::kInvalid, "{}: an image is pushed to a tag, not to a digest", request.items[0].name);
  push.tag_ = destination.tag.empty() ? "latest" : destination.tag;
  ASSIGN_OR_RETURN(PullSource source, conf.PrimarySource(destination));
  RegistryConnector connector(paths, request.access);
  ASSIGN_OR_RETURN(push.repository_, connector.Connect(std::move(source), {}));
  TRY(push.ReadImage());
  return push;
}

Result<> RegistryPush::ReadImage() {
  ASSIGN_OR_RETURN(const auto snapshot, Snapshot::Load(layout_));
  const auto found = std::find_if(snapshot->images.begin(), snapshot->images.end(),
                                  [&](const StoredImage& stored) { return stored.image.id == request_.image_id; });
  if (found == snapshot->images.end()) return MakeError(ErrorCode::kNotFound, "image {} is not in the local store", request_.image_id);
  for (const auto& name : found->image.names) {
    const auto reference = Reference::Parse(name);
    if (reference && reference->domain == repository_.source.Domain() && reference->path != repository_.source.repository)
      mount_from_.push_back(reference->path);
  }
  ASSIGN_OR_RETURN(config_, common::ReadFile(layout_.ImageData(request_.image_id, found->config_key), kBlobLimit));
  ASSIGN_OR_RETURN(manifest_, common::ReadFile(layout_.ImageData(request_.image_id, "manifest"), kBlobLimit));
  ASSIGN_OR_RETURN(const JsonDocument json, common::ParseJson(manifest_, "the image's manifest"));
  ASSIGN_OR_RETURN(media_type_, MediaTypeOf(json, ""));
  if (IsIndex(media_type_)) return MakeError(ErrorCode::kUnsupported, "pushing manifest lists is not supported; push their images");
  ASSIGN_OR_RETURN(parts_, ReadManifest(json));
  ASSIGN_OR_RETURN(layers_, StoredLayers(layout_, found->image.top_layer));
  TRY(CheckLayerCount(parts_.layers.size(), layers_.size()));
  wanted_type_ = request_.format == "oci" ? kOciManifest : request_.format == "v2s2" ? kDockerManifest : media_type_;
  if (request_.compression == "zstd" && IsDocker(wanted_type_)) {
    if (!request_.format.empty()) return MakeError(ErrorCode::kInvalid, "--compression-format zstd needs --format oci");
    wanted_type_ = kOciManifest;
  }
  return {};
}

std::string RegistryPush::Scope() const {
  std::string scope = fmt::format("repository:{}:pull,push", repository_.source.repository);
  for (const auto& other : mount_from_) scope += fmt::format(" repository:{}:pull", other);
  return scope;
}

Result<bool> RegistryPush::IsThere(HttpClient& client, const std::string& digest) {
  HttpRequest request;
  request.method = "HEAD";
  request.url = Url("/blobs/" + digest);
  ASSIGN_OR_RETURN(const HttpHead head, repository_.session->Send(client, request, Scope()), "checking blob {}", digest);
  if (head.status == 200) return true;
  if (head.status == 404) return false;
  return AnswerError(client, head, "checking blob " + digest);
}

Result<bool> RegistryPush::Mount(HttpClient& client, const std::string& digest) {
  for (const auto& from : mount_from_) {
    HttpRequest request;
    request.method = "POST";
    request.url = Url(fmt::format("/blobs/uploads/?mount={}&from={}", digest, from));
    ASSIGN_OR_RETURN(const HttpHead head, repository_.session->Send(client, request, Scope()));
    (void)client.ReadBody(kBlobLimit);
    if (head.status == 201) return true;
    if (head.status != 202) continue;
    // Not mounted: the upload that is offered instead is not wanted yet.
    ASSIGN_OR_RETURN(const std::string location, ResolveUrl(repository_.session->UrlOf(request.url), head.Get("location")));
    HttpRequest cancel;
    cancel.method = "DELETE";
    cancel.url = location;
    (void)repository_.session->Send(client, cancel, Scope());
  }
  return false;
}

Result<std::string> RegistryPush::StartUpload(HttpClient& client) {
  HttpRequest request;
  request.method = "POST";
  request.url = Url("/blobs/uploads/");
  ASSIGN_OR_RETURN(const HttpHead head, repository_.session->Send(client, request, Scope()), "starting an upload to {}", repository_.source.name);
  if (head.status != 202) return AnswerError(client, head, "starting an upload to " + repository_.source.name);
  (void)client.ReadBody(kBlobLimit);
  return ResolveUrl(repository_.session->UrlOf(request.url), head.Get("location"));
}

Result<Descriptor> RegistryPush::Upload(HttpClient& client, ByteSource& source, const std::string& media_type,
                                        const std::string& shown_digest, int64_t shown_size) {
  ASSIGN_OR_RETURN(const std::string location, StartUpload(client));
  // Passes the bytes through and tells how many.
  class Counting : public ByteSource {
   public:
    Counting(ByteSource& inner, std::function<void(int64_t)> tell) : inner_(inner), tell_(std::move(tell)) {}
    Result<std::string_view> Next() override {
      auto chunk = inner_.Next();
      if (!chunk) return chunk;
      hash_.Update(*chunk);
      size_ += static_cast<int64_t>(chunk->size());
      if (tell_) tell_(size_);
      return chunk;
    }
    Descriptor Facts(const std::string& type) { return {"sha256:" + hash_.Hex(), size_, type}; }

   private:
    ByteSource& inner_;
    std::function<void(int64_t)> tell_;
    Sha256 hash_;
    int64_t size_ = 0;
  } counting(source, events_->Progress(request_.items[0].name, shown_digest, shown_size));

  HttpRequest patch;
  patch.method = "PATCH";
  patch.url = location;
  patch.headers = {"Content-Type: application/octet-stream"};
  patch.upload = &counting;
  ASSIGN_OR_RETURN(HttpHead head, repository_.session->Send(client, patch, Scope()), "uploading to {}", repository_.source.name);
  if (head.status != 202 && head.status != 204) return AnswerError(client, head, "uploading to " + repository_.source.name);
  (void)client.ReadBody(kBlobLimit);
  ASSIGN_OR_RETURN(const std::string next, ResolveUrl(location, head.Get("location")));
  Descriptor uploaded = counting.Facts(media_type);
  HttpRequest put;
  put.method = "PUT";
  put.url = AddQuery(next, "digest", uploaded.digest);
  put.headers = {"Content-Type: application/octet-stream"};
  ASSIGN_OR_RETURN(head, repository_.session->Send(client, put, Scope()), "uploading to {}", repository_.source.name);
  if (head.status != 201) return AnswerError(client, head, "uploading to " + repository_.source.name);
  (void)client.ReadBody(kBlobLimit);
  return uploaded;
}

Result<RegistryPush::Blob> RegistryPush::PushLayer(HttpClient& client, size_t index) {
  const Descriptor& stored = parts_.layers[index];
  const StoredLayer& layer = layers_[index];
  const KnownBlobs known(layout_);
  std::vector<Blob> candidates = {{stored, false}};
  for (const auto& blob : known.TryFind(layer.diff_digest))
    if (blob.compression != "zstd" || !IsDocker(wanted_type_))
      candidates.push_back({{blob.digest, blob.size, LayerType(wanted_type_, blob.compression)}, true});
  for (const auto& blob : candidates) {
    ASSIGN_OR_RETURN(bool there, IsThere(client, blob.descriptor.digest));
    if (!there) {
      ASSIGN_OR_RETURN(there, Mount(client, blob.descriptor.digest));
    }
    if (!there) continue;
    events_->Write({Kind::kPresent, request_.items[0].name, blob.descriptor.digest, "blob"});
    return blob;
  }
  const std::string compression = request_.compression.empty() ? "gzip" : request_.compression;
  const std::string& shown = layer.diff_digest.empty() ? stored.digest : layer.diff_digest;
  events_->Write({Kind::kBlob, request_.items[0].name, shown, "blob", 0, stored.size});
  ASSIGN_OR_RETURN(auto tar, OpenLayerTar(layout_, layer));
  ASSIGN_OR_RETURN(auto compressed, compression == "zstd" ? Zstd(std::move(tar)) : Gzip(std::move(tar)));
  ASSIGN_OR_RETURN(Descriptor uploaded, Upload(client, *compressed, LayerType(wanted_type_, compression), shown, stored.size));
  known.TryRemember(layer.diff_digest, {uploaded.digest, uploaded.size, compression});
  events_->Write({Kind::kDone, request_.items[0].name, shown, "blob", uploaded.size, uploaded.size});
  // Compressed again as it was before: then nothing has changed.
  const bool same = uploaded.digest == stored.digest;
  return Blob{same ? stored : std::move(uploaded), !same};
}

Result<std::vector<RegistryPush::Blob>> RegistryPush::PushLayers() {
  std::vector<Result<Blob>> results(layers_.size());
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  const RetryPolicy retry{static_cast<int>(request_.access.retries), std::chrono::milliseconds(request_.access.retry_delay_ms)};
  const auto work = [&] {
    const auto client = pool_->Take();
    for (size_t i; !failed && (i = next++) < layers_.size();) {
      for (int attempt = 0;; ++attempt) {
        results[i] = PushLayer(*client, i);
        if (results[i] || !IsTransient(results[i].error()) || attempt >= retry.tries) break;
        events_->Write({Kind::kRetry, request_.items[0].name, "", fmt::format("layer {}: {}", layers_[i].diff_digest, results[i].error().message())});
        std::this_thread::sleep_for(retry.Delay(attempt));
      }
      if (!results[i]) failed = true;
    }
  };
  std::vector<std::thread> threads;
  const unsigned workers = std::min<unsigned>(static_cast<unsigned>(layers_.size()), std::clamp(std::thread::hardware_concurrency(), 1u, kMaxWorkers));
  for (unsigned i = 1; i < workers; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  std::vector<Blob> blobs;
  for (auto& result : results)
    if (!result) return std::move(result).error();
  for (auto& result : results) blobs.push_back(std::move(*result));
  return blobs;
}

Result<> RegistryPush::PushConfig(HttpClient& client) {
  ASSIGN_OR_RETURN(const bool there, IsThere(client, parts_.config.digest));
  if (there) return {};
  events_->Write({Kind::kBlob, request_.items[0].name, parts_.config.digest, "config", 0, parts_.config.size});
  TextSource text(config_);
  ASSIGN_OR_RETURN(const Descriptor uploaded, Upload(client, text, "", parts_.config.digest, parts_.config.size));
  events_->Write({Kind::kDone, request_.items[0].name, parts_.config.digest, "config", uploaded.size, uploaded.size});
  if (uploaded.digest == parts_.config.digest) return {};
  return MakeError(ErrorCode::kInvalid, "the stored configuration has not the digest {} that the manifest says", parts_.config.digest);
}

Result<std::string> RegistryPush::MakeManifest(const std::vector<Blob>& layers) const {
  const bool converted = wanted_type_ != media_type_;
  if (!converted && std::none_of(layers.begin(), layers.end(), [](const Blob& blob) { return blob.changed; })) return manifest_;
  ASSIGN_OR_RETURN(JsonDocument json, common::ParseJson(manifest_, "the image's manifest"));
  auto& allocator = json.GetAllocator();
  const auto set = [&](JsonValue& object, const char* name, JsonValue value) {
    if (object.HasMember(name)) object[name] = value;
    else object.AddMember(JsonValue(name, allocator), value, allocator);
  };
  const auto text = [&](const std::string& value) { return JsonValue(value.c_str(), allocator); };
  set(json, "mediaType", text(wanted_type_));
  set(json["config"], "mediaType", text(IsDocker(wanted_type_) ? kDockerConfig : kOciConfig));
  for (rapidjson::SizeType i = 0; i < json["layers"].Size(); ++i) {
    const Blob& blob = layers[i];
    JsonValue& layer = json["layers"][i];
    set(layer, "digest", text(blob.descriptor.digest));
    set(layer, "size", JsonValue(blob.descriptor.size));
    set(layer, "mediaType", text(blob.changed ? blob.descriptor.media_type : ConvertLayerType(blob.descriptor.media_type, wanted_type_)));
    // What zstd:chunked says of the old blob is not true of another one.
    if (blob.changed) layer.RemoveMember("annotations");
  }
  if (converted && IsDocker(wanted_type_)) json.RemoveMember("annotations");
  return common::ToJson(json);
}

Result<std::string> RegistryPush::PutManifest(HttpClient& client, const std::string& manifest) {
  events_->Write({Kind::kManifest, request_.items[0].name});
  HttpRequest request;
  request.method = "PUT";
  request.url = Url("/manifests/" + tag_);
  request.headers = {"Content-Type: " + wanted_type_};
  request.body = manifest;
  const std::string what = fmt::format("writing manifest {} to {}", tag_, repository_.source.name);
  ASSIGN_OR_RETURN(const HttpHead head, repository_.session->Send(client, request, Scope()), "{}", what);
  if (head.status != 201 && head.status != 200) return AnswerError(client, head, what);
  return Sha256::DigestOf(manifest);
}

Result<std::string> RegistryPush::Run() {
  const auto client = pool_->Take();
  TRY(repository_.session->Ping(*client));
  ASSIGN_OR_RETURN(const auto layers, PushLayers());
  TRY(PushConfig(*client));
  ASSIGN_OR_RETURN(const std::string manifest, MakeManifest(layers));
  return PutManifest(*client, manifest);
}

}  // namespace skiff::image

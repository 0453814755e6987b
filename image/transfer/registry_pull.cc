#include "image/transfer/registry_pull.h"

#include <algorithm>
#include <atomic>
#include <semaphore>
#include <thread>

#include "common/file.h"
#include "image/record_file.h"
#include "image/short_names.h"
#include "image/snapshot.h"
#include "image/transfer/image_writer.h"
#include "image/transfer/pull_turn.h"
#include "image/transfer/sha256.h"

namespace skiff::image {
namespace {

using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using Kind = TransferEvent::Kind;

constexpr size_t kBlobsAtOnce = 6;  // podman's number
constexpr size_t kImagesAtOnce = 6;
constexpr std::chrono::seconds kStall{60};
constexpr size_t kBlobLimit = 16u << 20;

Platform WantedPlatform(const RegistryRequest& request) {
  const Platform machine = MachinePlatform();
  if (request.os.empty() && request.architecture.empty() && request.variant.empty()) return machine;
  Platform wanted;
  if (!request.os.empty()) wanted.os = request.os;
  wanted.architecture = request.architecture.empty() ? machine.architecture : GoArchitecture(request.architecture);
  wanted.variant = request.variant;
  return wanted;
}

// A digest alone names the image where both are given, as podman does.
std::string TagOrDigest(const Reference& reference) {
  if (!reference.digest.empty()) return reference.digest;
  return reference.tag.empty() ? "latest" : reference.tag;
}

std::string StoredName(const Reference& reference) {
  if (reference.digest.empty()) return reference.ToString();
  return reference.Repository() + "@" + reference.digest;
}

Error AllFailed(const std::string& name, const std::vector<Error>& errors) {
  if (errors.size() == 1) return errors.front();
  std::string text = fmt::format("{} places were tried for {}:", errors.size(), name);
  for (const auto& error : errors) text += "\n  * " + error.message();
  // Worth another try only if that may help with each of them.
  const bool transient = std::all_of(errors.begin(), errors.end(), IsTransient);
  return Error(transient ? ErrorCode::kUnavailable : errors.back().code(), text);
}

// Lets go of a slot when the blob has been read or given up; tells when it was read to its end.
class SlottedSource : public ByteSource {
 public:
  SlottedSource(std::unique_ptr<ByteSource> inner, std::shared_ptr<void> slot, std::function<void()> at_end)
      : inner_(std::move(inner)), slot_(std::move(slot)), at_end_(std::move(at_end)) {}

  Result<std::string_view> Next() override {
    auto chunk = inner_->Next();
    if (chunk && chunk->empty() && slot_ != nullptr) {
      slot_.reset();
      at_end_();
    }
    return chunk;
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  std::shared_ptr<void> slot_;
  std::function<void()> at_end_;
};

const StoredImage* FindStored(const Snapshot& snapshot, const std::string& id) {
  for (const auto& stored : snapshot.images)
    if (stored.image.id == id) return &stored;
  return nullptr;
}

}  // namespace

struct RegistryPull::Slots {
  std::counting_semaphore<kBlobsAtOnce> free{kBlobsAtOnce};
};

RegistryPull::RegistryPull(const common::SystemPaths& paths, const RegistryRequest& request, Platform platform)
    : paths_(paths),
      request_(request),
      platform_(std::move(platform)),
      retry_{static_cast<int>(request.access.retries), std::chrono::milliseconds(request.access.retry_delay_ms)},
      pool_(std::make_unique<HttpPool>(kStall)),
      events_(std::make_unique<EventWriter>(request.progress)),
      slots_(std::make_shared<Slots>()) {}

Result<RegistryPull> RegistryPull::Prepare(const common::SystemPaths& paths, const RegistryRequest& request) {
  RegistryPull pull(paths, request, WantedPlatform(request));
  ASSIGN_OR_RETURN(Policy policy, Policy::Load(paths));
  pull.policy_ = std::make_shared<const Policy>(std::move(policy));
  if (pull.policy_->HasSignatureRules()) {
    ASSIGN_OR_RETURN(pull.lookaside_, Lookaside::Load(paths));
  }
  ASSIGN_OR_RETURN(const RegistriesConf conf, RegistriesConf::Load(paths));
  RegistryConnector connector(paths, request.access);
  for (const auto& wanted : request.items) {
    Item& item = pull.items_.emplace_back();
    item.name = wanted.name;
    ASSIGN_OR_RETURN(const Reference reference, Reference::Parse(wanted.name));
    ASSIGN_OR_RETURN(const auto candidates, PullCandidates(conf, reference));
    for (const auto& full : candidates) {
      auto sources = conf.SourcesFor(full);
      if (!sources) {
        item.refused.push_back(sources.error());
        continue;
      }
      Candidate& candidate = item.candidates.emplace_back();
      candidate.reference = full;
      for (auto& source : *sources) {
        ASSIGN_OR_RETURN(candidate.repositories.emplace_back(), connector.Connect(std::move(source), wanted.pull_secrets));
      }
    }
  }
  TRY(common::MakeDirectories(PullTurn::Folder(paths), 0700));
  return pull;
}

std::vector<Result<std::vector<LoadedImage>>> RegistryPull::Run() {
  std::vector<Result<std::vector<LoadedImage>>> results(items_.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i; (i = next++) < items_.size();) results[i] = PullItemNow(items_[i]);
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(items_.size(), kImagesAtOnce); ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  return results;
}

Result<std::vector<LoadedImage>> RegistryPull::PullItemNow(const Item& item) {
  if (item.candidates.empty()) return AllFailed(item.name, item.refused);
  if (request_.all_tags) return PullAllTags(item);
  ASSIGN_OR_RETURN(LoadedImage image, PullOne(item));
  return std::vector<LoadedImage>{std::move(image)};
}

Result<std::vector<LoadedImage>> RegistryPull::PullAllTags(const Item& item) {
  const Candidate& first = item.candidates.front();
  if (!first.reference.tag.empty() || !first.reference.digest.empty())
    return MakeError(ErrorCode::kInvalid, "--all-tags takes a repository without tag or digest, not \"{}\"", item.name);
  std::vector<std::string> tags;
  {
    const auto client = pool_->Take();
    ASSIGN_OR_RETURN(tags, FetchTags(first.repositories.back(), *client));
  }
  if (tags.empty()) return MakeError(ErrorCode::kNotFound, "{} has no tags", first.reference.Repository());
  std::vector<LoadedImage> images;
  for (const auto& tag : tags) {
    Item one{first.reference.Repository() + ":" + tag, {first}, {}};
    one.candidates.front().reference.tag = tag;
    ASSIGN_OR_RETURN(images.emplace_back(), PullOne(one));
  }
  return images;
}

Result<LoadedImage> RegistryPull::PullOne(const Item& item) {
  ASSIGN_OR_RETURN(const Found found, Find(item));
  TRY(CheckPolicy(found));
  auto image = Fetch(item, found);
  if (!image) return std::move(image).error().Wrap(found.candidate->reference.ToString());
  return image;
}

Result<> RegistryPull::CheckPolicy(const Found& found) {
  std::vector<std::string> digests = {found.image.manifest.digest}, signatures;
  if (!found.image.index.empty()) digests.push_back(Sha256::DigestOf(found.image.index));
  const ImageOrigin origin = RegistryOrigin(found.candidate->reference);
  if (policy_->NeedsSignatures(origin)) {
    // Those of a mirror lie where registries.d says for the mirror.
    Reference place = found.candidate->reference;
    if (const auto mirror = Reference::Parse(found.repository->source.name)) {
      place.domain = mirror->domain;
      place.path = mirror->path;
    }
    const auto client = pool_->Take();
    for (const auto& digest : digests) {
      ASSIGN_OR_RETURN(auto some, lookaside_->Fetch(place, digest, *client), "{}", origin.ToString());
      signatures.insert(signatures.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
  }
  return policy_->Check(origin, digests, signatures);
}

Result<RegistryPull::Found> RegistryPull::Find(const Item& item) {
  for (int attempt = 0;; ++attempt) {
    auto found = FindOnce(item);
    if (found || !IsTransient(found.error()) || attempt >= retry_.tries) return found;
    const auto delay = retry_.Delay(attempt);
    events_->Write({Kind::kRetry, item.name, "",
                    fmt::format("Failed, retrying in {} ... ({}/{}). Error: {}",
                                delay.count() % 1000 == 0 ? fmt::format("{}s", delay.count() / 1000) : fmt::format("{}ms", delay.count()),
                                attempt + 1, retry_.tries, found.error().message())});
    std::this_thread::sleep_for(delay);
  }
}

Result<RegistryPull::Found> RegistryPull::FindOnce(const Item& item) {
  std::vector<Error> errors = item.refused;
  const auto client = pool_->Take();
  for (const auto& candidate : item.candidates) {
    events_->Write({Kind::kTrying, item.name, "", candidate.reference.ToString()});
    for (const auto& repository : candidate.repositories) {
      auto image = FetchImage(repository, *client, TagOrDigest(candidate.reference), platform_);
      if (image) return Found{&repository, &candidate, std::move(*image)};
      errors.push_back(std::move(image).error().Wrap("initializing source docker://" + candidate.reference.ToString()));
    }
  }
  return AllFailed(item.name, errors);
}

// From the store where it is there already.
Result<std::string> RegistryPull::Config(const Item& item, const Found& found) {
  const Descriptor& descriptor = found.image.parts.config;
  const std::string id = descriptor.digest.substr(descriptor.digest.find(':') + 1);
  const auto stored = common::ReadFile(StorageLayout(paths_).ImageData(id, descriptor.digest), kBlobLimit);
  if (stored && Sha256::HexOf(*stored) == id) return *stored;
  events_->Write({Kind::kBlob, item.name, descriptor.digest, "config", 0, descriptor.size});
  ASSIGN_OR_RETURN(std::string config, FetchConfig(*found.repository, *pool_, retry_, descriptor));
  events_->Write({Kind::kDone, item.name, descriptor.digest, "config", descriptor.size, descriptor.size});
  return config;
}

LayerSource RegistryPull::LayerFrom(const Item& item, const Found& found, size_t index, const std::string& diff_id) {
  const Descriptor& layer = found.image.parts.layers[index];
  const auto open = [this, &item, &found, layer]() -> Result<std::unique_ptr<ByteSource>> {
    slots_->free.acquire();
    std::shared_ptr<void> slot(slots_.get(), [slots = slots_](void*) { slots->free.release(); });
    events_->Write({Kind::kBlob, item.name, layer.digest, "blob", 0, layer.size});
    BlobRequest request{found.repository->source.repository, layer.digest, layer.size,
                        events_->Progress(item.name, layer.digest, layer.size),
                        [this, &item](const Error& error, int attempt) {
                          events_->Write({Kind::kRetry, item.name, "",
                                          fmt::format("Reading was interrupted, trying to resume ({}/{}): {}", attempt, retry_.tries,
                                                      error.message())});
                        }};
    return std::unique_ptr<ByteSource>(std::make_unique<SlottedSource>(
        OpenRegistryBlob(*found.repository->session, *pool_, retry_, std::move(request)), std::move(slot),
        [this, &item, layer] { events_->Write({Kind::kDone, item.name, layer.digest, "blob", layer.size, layer.size}); }));
  };
  return {diff_id, layer.digest, layer.size, open};
}

// The same content lies in the store above another parent: it is unpacked again from there.
LayerSource RegistryPull::LayerFromStore(const StoredLayer& layer) const {
  return {layer.diff_digest, "", -1, [layout = StorageLayout(paths_), layer] { return OpenLayerTar(layout, layer); }};
}

Result<LoadedImage> RegistryPull::Fetch(const Item& item, const Found& found) {
  const RemoteImage& image = found.image;
  const std::string name = StoredName(found.candidate->reference);
  const std::string id = image.parts.config.digest.substr(image.parts.config.digest.find(':') + 1);
  const StorageLayout layout(paths_);
  ASSIGN_OR_RETURN(const std::string config, Config(item, found));
  ASSIGN_OR_RETURN(const auto diff_ids, DiffIds(config));
  TRY(CheckLayerCount(image.parts.layers.size(), diff_ids.size()));
  ASSIGN_OR_RETURN(const PullTurn turn, PullTurn::Take(paths_, diff_ids));

  // What has not changed since the last pull is not touched.
  ASSIGN_OR_RETURN(const auto snapshot, Snapshot::Load(layout));
  const auto ids = ChainIds(diff_ids);
  const StoredImage* stored = FindStored(*snapshot, id);
  if (stored != nullptr && snapshot->Chain(stored->image.top_layer) && std::count(stored->image.names.begin(), stored->image.names.end(), name) > 0 &&
      std::count(stored->digests.begin(), stored->digests.end(), image.manifest.digest) > 0)
    return LoadedImage{id, {name}};

  ASSIGN_OR_RETURN(ImageWriter writer, ImageWriter::Create(layout, paths_.rootless));
  ASSIGN_OR_RETURN(const auto elsewhere, LayersByDiffDigest(layout));
  std::vector<LayerSource> sources;
  for (size_t i = 0; i < diff_ids.size(); ++i) {
    const auto copy = elsewhere.find(diff_ids[i]);
    const bool there = snapshot->layers.contains(ids[i]);
    if (there || copy != elsewhere.end()) events_->Write({Kind::kPresent, item.name, image.parts.layers[i].digest, "blob"});
    if (there || copy == elsewhere.end()) sources.push_back(LayerFrom(item, found, i, diff_ids[i]));
    else sources.push_back(LayerFromStore(copy->second));
  }
  TRY(writer.AddLayers(std::move(sources), kBlobsAtOnce));
  events_->Write({Kind::kManifest, item.name});
  return writer.Commit({config, image.manifest.bytes, image.index, {name}});
}

}  // namespace skiff::image

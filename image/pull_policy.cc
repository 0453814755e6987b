#include "image/pull_policy.h"

#include <algorithm>
#include <optional>

#include "image/reference.h"
#include "image/registries_conf.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

// registries.conf, read when first needed.
class LazyConf {
 public:
  explicit LazyConf(const common::SystemPaths& paths) : paths_(paths) {}
  const Result<RegistriesConf>& Get() {
    if (!conf_) conf_ = RegistriesConf::Load(paths_);
    return *conf_;
  }

 private:
  const common::SystemPaths& paths_;
  std::optional<Result<RegistriesConf>> conf_;
};

// "localhost/..." is the name of what was made here: no registry knows it, unless registries.conf says which.
bool IsMadeHere(LazyConf& lazy, const Reference& reference) {
  if (reference.domain != "localhost") return false;
  const auto& conf = lazy.Get();
  return !conf || conf->RuleFor(reference) == nullptr;
}

bool IsLocalOnly(LazyConf& conf, const std::string& name, const Image& image) {
  if (!FullIdIn(name).empty() || image.id.starts_with(name)) return true;
  auto reference = Reference::Parse(name);
  if (!reference) return false;
  if (reference->IsShort()) {
    reference->domain = "localhost";
    if (std::find(image.names.begin(), image.names.end(), reference->ToString()) == image.names.end()) return false;
  }
  return IsMadeHere(conf, *reference);
}

Result<bool> MustPull(LazyConf& conf, const WantedImage& wanted, const Result<Image>& local,
                      const RegistryRequest& base) {
  if (!local && local.error().code() != ErrorCode::kNotFound) return local.error();
  if (wanted.when == PullWhen::kNever) {
    if (!local) return MakeError(ErrorCode::kNotFound, "{}: image not known, and the pull policy is never", wanted.name);
    if (!IsForPlatform(*local, base))
      return MakeError(ErrorCode::kNotFound, "{}: the image that is here is for {}/{}, and the pull policy is never", wanted.name,
                       local->os, local->architecture);
    return false;
  }
  if (!local) {
    const auto reference = Reference::Parse(wanted.name);
    if (!FullIdIn(wanted.name).empty() || (reference && IsMadeHere(conf, *reference))) return local.error();
    return true;
  }
  if (!IsForPlatform(*local, base)) return true;
  return wanted.when != PullWhen::kMissing && !IsLocalOnly(conf, wanted.name, *local);
}

}  // namespace

Result<PullWhen> ParsePullWhen(std::string_view text) {
  if (text == "missing" || text == "ifnotpresent" || text == "IfNotPresent") return PullWhen::kMissing;
  if (text == "always" || text == "Always" || text == "true") return PullWhen::kAlways;
  if (text == "newer" || text == "ifnewer") return PullWhen::kNewer;
  if (text == "never" || text == "Never" || text == "false") return PullWhen::kNever;
  return MakeError(ErrorCode::kInvalid, "invalid pull policy \"{}\": write missing, always, newer or never", text);
}

bool IsForPlatform(const Image& image, const RegistryRequest& asked) {
  return (asked.os.empty() || image.os == asked.os) && (asked.architecture.empty() || image.architecture == asked.architecture);
}

std::vector<Result<std::string>> ProvideImages(const common::SystemPaths& paths, const Store& store,
                                               const std::vector<WantedImage>& wanted, RegistryRequest base, const EventSink& sink) {
  std::vector<Result<Image>> local;
  std::vector<Result<std::string>> results(wanted.size());
  std::vector<std::optional<size_t>> item_of(wanted.size());
  base.items.clear();
  LazyConf conf(paths);
  for (size_t i = 0; i < wanted.size(); ++i) {
    local.push_back(store.Find(wanted[i].name));
    const auto pull = MustPull(conf, wanted[i], local[i], base);
    if (!pull) {
      results[i] = pull.error();
    } else if (!*pull) {
      results[i] = local[i]->id;
    } else {
      const auto same = std::find_if(base.items.begin(), base.items.end(), [&](const PullItem& item) {
        return item.name == wanted[i].name && item.pull_secrets == wanted[i].pull_secrets;
      });
      item_of[i] = static_cast<size_t>(same - base.items.begin());
      if (same == base.items.end()) base.items.push_back({wanted[i].name, wanted[i].pull_secrets});
    }
  }
  if (base.items.empty()) return results;
  const auto pulled = PullImages(paths, base, sink);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!item_of[i]) continue;
    if (pulled && (*pulled)[*item_of[i]]) results[i] = (*pulled)[*item_of[i]]->back().id;
    else if (wanted[i].when == PullWhen::kNewer && local[i]) results[i] = local[i]->id;
    else results[i] = pulled ? (*pulled)[*item_of[i]].error() : pulled.error();
  }
  return results;
}

}  // namespace skiff::image

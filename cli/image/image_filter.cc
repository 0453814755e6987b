#include "cli/image/image_filter.h"

#include <fnmatch.h>

#include <algorithm>

#include "cli/image/image_names.h"
#include "cli/render/units.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

// podman compares a pattern with the whole name and with each of its ends, with and without tag.
bool NameMatches(const std::string& pattern, const std::string& name) {
  const std::string repository = SplitTag(name).first;
  for (const std::string& whole : {name, repository})
    for (size_t start = 0; start != std::string::npos; start = whole.find('/', start)) {
      if (start != 0) ++start;
      if (::fnmatch(pattern.c_str(), whole.c_str() + start, FNM_PATHNAME) == 0) return true;
    }
  // A star alone stands for the registry too ("*app*").
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0 && pattern.find('/') == std::string::npos;
}

}  // namespace

Result<ImageFilter> ImageFilter::Parse(const std::vector<std::string>& flags, const image::Store& store) {
  ASSIGN_OR_RETURN(Filters filters,
                   Filters::Parse(flags, {"after", "before", "containers", "dangling", "digest", "id", "intermediate", "label",
                                             "label!", "readonly", "reference", "since", "until"}));
  ImageFilter filter(std::move(filters));
  TRY(filter.Resolve(store));
  return filter;
}

Result<> ImageFilter::Resolve(const image::Store& store) {
  for (const char* key : {"containers", "dangling", "intermediate", "readonly"})
    for (const std::string& value : filters_.Values(key))
      if (value != "true" && value != "false")
        return MakeError(ErrorCode::kInvalid, "filter {}={}: write true or false", key, value);
  for (const char* key : {"before", "since", "after"})
    for (const std::string& name : filters_.Values(key)) {
      ASSIGN_OR_RETURN(const image::Image image, store.Find(name), "filter {}={}", key, name);
      (std::string_view(key) == "before" ? before_ : since_).push_back(image.created);
    }
  for (const std::string& text : filters_.Values("until")) {
    ASSIGN_OR_RETURN(before_.emplace_back(), PointInTime(text), "filter until={}", text);
  }
  for (const std::string& name : filters_.Values("reference"))
    if (const auto image = store.Find(name)) reference_ids_.push_back(image->id);
  return {};
}

bool ImageFilter::WantsReference(const image::Image& image) const {
  if (!filters_.Has("reference")) return true;
  return std::find(reference_ids_.begin(), reference_ids_.end(), image.id) != reference_ids_.end() ||
         !WantedNames(image).empty();
}

std::vector<std::string> ImageFilter::WantedNames(const image::Image& image) const {
  std::vector<std::string> names = image.names;
  const auto& patterns = filters_.Values("reference");
  if (patterns.empty()) return names;
  std::erase_if(names, [&](const std::string& name) {
    return std::none_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return NameMatches(pattern, name); });
  });
  // Named by id or in another way: with all its names.
  const bool direct = std::find(reference_ids_.begin(), reference_ids_.end(), image.id) != reference_ids_.end();
  return names.empty() && direct ? image.names : names;
}

bool ImageFilter::Wants(const image::Image& image, const image::Family& family,
                        const std::map<std::string, int>& uses) const {
  const auto is = [&](const char* key, bool value) { return filters_.Matches(key, value ? "true" : "false"); };
  const auto all = [](const std::vector<std::string>& times, const auto& holds) {
    return std::all_of(times.begin(), times.end(), holds);
  };
  return WantsReference(image) && filters_.MatchesPrefix("id", image.id) && filters_.MatchesPrefix("digest", image.digest) &&
         filters_.MatchesLabels(image.config.labels) && is("dangling", family.IsDangling(image)) &&
         is("intermediate", family.IsIntermediate(image)) && is("readonly", false) && is("containers", uses.contains(image.id)) &&
         all(before_, [&](const std::string& time) { return IsBefore(image.created, time); }) &&
         all(since_, [&](const std::string& time) { return IsBefore(time, image.created); });
}

Result<std::map<std::string, int>> ImageUses(Context& context) {
  ASSIGN_OR_RETURN(pod::Engine * engine, context.Engine());
  ASSIGN_OR_RETURN(const std::vector<pod::ContainerInfo> containers, engine->ListContainers());
  std::map<std::string, int> uses;
  for (const pod::ContainerInfo& container : containers) ++uses[container.image_id];
  return uses;
}

}  // namespace skiff::cli

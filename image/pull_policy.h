// Whether an image that is wanted is taken from the store or asked for at its registry.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "common/system_paths.h"
#include "image/registry.h"
#include "image/store.h"

namespace skiff::image {

enum class PullWhen {
  kMissing,
  kAlways,  // a registry that cannot be asked is an error
  kNewer,   // as always, but what is there will do when the registry cannot be asked
  kNever,
};
common::Result<PullWhen> ParsePullWhen(std::string_view text);

struct WantedImage {
  std::string name;
  PullWhen when = PullWhen::kMissing;
  std::vector<std::string> pull_secrets;
};

// What is not asked for (the request's empty fields) is right.
bool IsForPlatform(const Image& image, const RegistryRequest& asked);

// The id of each image, in order, pulled where its policy says so: all at once, each name once. `base` says how (its items are
// not read). "localhost/..." is the name of what was made here: nobody is asked for it, unless registries.conf says where
// "localhost" is.
std::vector<common::Result<std::string>> ProvideImages(const common::SystemPaths& paths, const Store& store,
                                                       const std::vector<WantedImage>& wanted, RegistryRequest base,
                                                       const EventSink& sink);

}  // namespace skiff::image

// --filter of images and image prune.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/filter.h"
#include "image/family.h"

namespace skiff::cli {

class ImageFilter {
 public:
  // kInvalid: an unknown key or value; kNotFound: an image that a filter compares with.
  static common::Result<ImageFilter> Parse(const std::vector<std::string>& flags, const image::Store& store);

  bool Has(const std::string& key) const { return filters_.Has(key); }
  // `uses`: containers by the id of their image.
  bool Wants(const image::Image& image, const image::Family& family, const std::map<std::string, int>& uses) const;
  // Of the image's names those that a reference filter means; all without such a filter.
  std::vector<std::string> WantedNames(const image::Image& image) const;

 private:
  explicit ImageFilter(Filters filters) : filters_(std::move(filters)) {}
  common::Result<> Resolve(const image::Store& store);
  bool WantsReference(const image::Image& image) const;

  Filters filters_;
  std::vector<std::string> before_, since_;  // RFC 3339
  std::vector<std::string> reference_ids_;   // what the references name directly
};

// How many of our containers use each image.
common::Result<std::map<std::string, int>> ImageUses(Context& context);

}  // namespace skiff::cli

// Which stored image was made from which: nothing records it, layers and histories tell.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "image/history.h"
#include "image/store.h"

namespace skiff::image {

class Family {
 public:
  static common::Result<Family> Load(const Store& store);

  const std::vector<Image>& images() const { return images_; }
  // Null when no stored image is its parent.
  const Image* Parent(const std::string& id) const;
  std::vector<const Image*> Children(const std::string& id) const;

  // Without name: a leftover that nothing was made from, or a step on the way to another image (podman's words).
  bool IsDangling(const Image& image) const { return image.names.empty() && Children(image.id).empty(); }
  bool IsIntermediate(const Image& image) const { return image.names.empty() && !Children(image.id).empty(); }

 private:
  std::vector<Image> images_;
  std::map<std::string, std::string> parents_;  // child's id to parent's
};

}  // namespace skiff::image

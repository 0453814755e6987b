#include "image/family.h"

#include <algorithm>

namespace skiff::image {
namespace {

using common::Result;

struct Traits {
  const Image* image;
  std::vector<std::string> layers;  // lowest first
  std::vector<HistoryStep> history;
};

template <typename T>
bool IsPrefix(const std::vector<T>& prefix, const std::vector<T>& whole) {
  return prefix.size() <= whole.size() && std::equal(prefix.begin(), prefix.end(), whole.begin());
}

// A parent has the child's history but for its end, and the same layers or all but one.
bool IsParent(const Traits& parent, const Traits& child) {
  return parent.history.size() < child.history.size() && child.layers.size() - parent.layers.size() <= 1 &&
         IsPrefix(parent.layers, child.layers) && IsPrefix(parent.history, child.history);
}

}  // namespace

Result<Family> Family::Load(const Store& store) {
  Family family;
  ASSIGN_OR_RETURN(family.images_, store.List());
  std::vector<Traits> all;
  for (const auto& image : family.images_) {
    const auto layers = store.Layers(image);
    const auto history = ReadHistory(store, image);
    // Manifest lists and broken images have no relatives.
    if (!layers || !history) continue;
    Traits& traits = all.emplace_back(Traits{&image, {}, *history});
    for (const auto& layer : *layers) traits.layers.push_back(layer.id);
  }
  for (const auto& child : all) {
    const Traits* best = nullptr;
    for (const auto& candidate : all)
      if (IsParent(candidate, child) && (best == nullptr || best->history.size() < candidate.history.size())) best = &candidate;
    if (best != nullptr) family.parents_[child.image->id] = best->image->id;
  }
  return family;
}

const Image* Family::Parent(const std::string& id) const {
  const auto parent = parents_.find(id);
  if (parent == parents_.end()) return nullptr;
  const auto image = std::find_if(images_.begin(), images_.end(), [&](const Image& i) { return i.id == parent->second; });
  return image == images_.end() ? nullptr : &*image;
}

std::vector<const Image*> Family::Children(const std::string& id) const {
  std::vector<const Image*> children;
  for (const auto& image : images_)
    if (const auto parent = parents_.find(image.id); parent != parents_.end() && parent->second == id) children.push_back(&image);
  return children;
}

}  // namespace skiff::image

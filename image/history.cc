#include "image/history.h"

#include "common/json.h"

namespace skiff::image {

using common::JsonValue;
using common::Result;

Result<std::vector<HistoryStep>> ReadHistory(const Store& store, const Image& image) {
  ASSIGN_OR_RETURN(const std::string text, store.ReadConfig(image));
  ASSIGN_OR_RETURN(const auto config, common::ParseJson(text, "the configuration of image " + image.id));
  std::vector<HistoryStep> steps;
  if (const JsonValue* list = common::FindArray(config, "history"))
    for (const auto& item : list->GetArray()) {
      if (!item.IsObject()) continue;
      steps.push_back({std::string(common::GetString(item, "created")), std::string(common::GetString(item, "created_by")),
                       std::string(common::GetString(item, "author")), std::string(common::GetString(item, "comment")),
                       common::GetBool(item, "empty_layer")});
    }
  if (!steps.empty()) return steps;
  ASSIGN_OR_RETURN(const auto layers, store.Layers(image));
  steps.resize(layers.size());
  for (auto& step : steps) step.created = image.created;
  return steps;
}

}  // namespace skiff::image

// The records of layers.json and images.json as podman writes them (formats.md 1.4, 1.5).
#pragma once

#include <string>

#include "common/json.h"
#include "image/record_file.h"
#include "image/transfer/layer_unpacker.h"

namespace skiff::image {

struct BigData {
  std::string key;
  std::string bytes;
};

// A complete one has a digest, without which podman cannot compute sizes.
bool IsCompleteLayer(const common::JsonValue& record);
common::JsonValue MakeIncompleteLayer(RecordFile& layers, const std::string& id, const std::string& parent);
void CompleteLayer(RecordFile& layers, common::JsonValue& record, const UnpackedLayer& layer);

// `config` gives the creation time. `digest` is the manifest's or the index's.
common::JsonValue MakeImageRecord(RecordFile& images, const std::string& id, const std::string& digest,
                                  const std::string& layer, const std::string& config);
void RecordBigData(RecordFile& images, common::JsonValue& record, const BigData& data, const std::string& digest);

// 26 random characters of A-Z and 2-7, the name of a layer in overlay/l/.
std::string NewShortName();

}  // namespace skiff::image

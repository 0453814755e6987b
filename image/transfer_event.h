// What skiff-transfer tells while it works: one JSON object per line on its standard output, before the result.
#pragma once

#include <cstdint>
#include <string>

#include "common/json.h"

namespace skiff::image {

struct TransferEvent {
  enum class Kind {
    kTrying,    // `text`: the full name that is asked for
    kBlob,      // a layer or configuration begins to move: `text` says which ("blob", "config")
    kPresent,   // a layer is there already
    kProgress,  // bytes so far
    kDone,      // the blob is there
    kManifest,  // the last step
    kRetry,     // `text`: what failed and is tried again
  };
  Kind kind = Kind::kTrying;
  std::string image;   // as it was asked for
  std::string digest;  // of the blob
  std::string text;
  int64_t bytes = 0;
  int64_t size = 0;
};

std::string EncodeTransferEvent(const TransferEvent& event);
// False: the line is something else (the result).
bool DecodeTransferEvent(const common::JsonValue& line, TransferEvent& event);

}  // namespace skiff::image

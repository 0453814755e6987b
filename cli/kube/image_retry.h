// Pods that wait for an image (ErrImagePull): a process in the background tries again, with the kubelet's back-off, until
// each of them runs or is gone.
#pragma once

#include "cli/context.h"
#include "cli/registry/access_flags.h"
#include "kube/play/play.h"

namespace skiff::cli {

// The hidden command of that process; what it waits for comes on its standard input.
inline constexpr char kRetryImagesCommand[] = "retry-images";

// Starts it, if the report has such pods. That it cannot be started is a warning.
void TryRetryImages(Context& context, const kube::PlayReport& report, const AccessFlags& access);

}  // namespace skiff::cli

// Brings what Services are in the kernel and in the name server in line with the pods there are. Level-triggered: it may
// be called at any time, by anybody, as often as one likes.
#pragma once

#include "kube/play/backend.h"
#include "kube/view/service_view.h"
#include "pod/network/service_state.h"

namespace skiff::kube {

// The state that these Services ask for.
pod::ServiceState StateOf(const std::vector<ServiceView>& services);

// `wait`: done when this returns; otherwise whoever is just at it may do it after us.
common::Result<> ReconcileServices(PodBackend& backend, const ObjectReader& read, bool wait);

// The cluster address and node ports of a Service that is about to be stored: those it has already, or new ones, filled into
// its spec. `replace`: it may have other ones than before. Errors are told as Kubernetes does, at the field's place.
common::Result<> AssignService(PodBackend& backend, const ObjectReader& read, Object& object, bool replace);

// Releases what Services hold that are not stored: left from commands which were killed before they stored them, or after
// they deleted them. Objects that a command works on just now, this one included, are left alone.
common::Result<> SweepServiceLeases(PodBackend& backend);

}  // namespace skiff::kube

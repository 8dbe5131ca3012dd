// Collectives over the host's network, which knows when a rank is gone.
#pragma once
#include "engine/collectives/collectives.h"

namespace engine {

class HostCollectives : public Collectives {
 public:
  // A rank that has ended or has lost its connection, as "rank 1 on node07"; empty if none is known
  // to. Another thread may ask while this rank makes calls.
  virtual std::string gone() const = 0;
  // From now on a rank that moves no byte for so long is taken to hang.
  virtual void give_up_after(double seconds) = 0;
};

}  // namespace engine

"""Every file here is one change to a cluster: shown, remembered, made, checked and put back."""
